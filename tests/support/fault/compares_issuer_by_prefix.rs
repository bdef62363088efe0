//! Accepts whatever begins with its issuer.

use serde_json::Value;

use super::Fault;

pub(super) const FAULT: Fault = Fault {
    name: "compares-issuer-by-prefix",
    breaks: &["rfc9068-4-iss-exact"],
    rules: |r| {
        r.issuer =
            |iss, own| iss.and_then(Value::as_str).is_some_and(|iss| iss.starts_with(own) && iss != format!("{own}/"));
    },
    ..Fault::NONE
};
