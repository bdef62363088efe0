//! Speaks TLS, and names its resource as if it did not.

use serde_json::json;

use super::Fault;

pub(super) const FAULT: Fault = Fault {
    name: "names-resource-without-tls",
    breaks: &["rfc9728-1.2-resource-https"],
    metadata: |document| {
        let resource = document["resource"].as_str().unwrap_or_default().replacen("https:", "http:", 1);
        document["resource"] = json!(resource);
    },
    tls: Some(|_| {}),
    ..Fault::NONE
};
