//! Offers an older version and, asked for it, names another.

use http::StatusCode;
use serde_json::json;

use super::{Fault, edit_json};

pub(super) const FAULT: Fault = Fault {
    name: "names-a-version-that-it-refuses",
    breaks: &["mcp-lifecycle-version-negotiated"],
    response: |asked, response| {
        let wanted = asked.message["params"]["protocolVersion"].as_str();
        if wanted == Some("1999-01-01") && response.status() == StatusCode::OK {
            edit_json(response, |m| m["result"]["protocolVersion"] = json!("2025-03-26"));
        }
    },
    ..Fault::NONE
};
