//! Compares issuers without their scheme.

use serde_json::Value;

use super::Fault;

pub(super) const FAULT: Fault = Fault {
    name: "compares-issuer-without-scheme",
    breaks: &["rfc9068-4-iss-exact"],
    rules: |r| {
        r.issuer = |iss, own| {
            let after_scheme = |text: &str| text.split_once("://").map(|(_, rest)| rest.to_owned());
            iss.and_then(Value::as_str).is_some_and(|iss| after_scheme(iss) == after_scheme(own))
        };
    },
    ..Fault::NONE
};
