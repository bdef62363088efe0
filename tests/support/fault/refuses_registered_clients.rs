//! Refuses the clients that registered themselves.

use serde_json::Value;

use super::Fault;

pub(super) const FAULT: Fault = Fault {
    name: "refuses-registered-clients",
    breaks: &["rfc6750-2.1-header-supported"],
    rules: |r| {
        r.claims = |claims| !claims.get("client_id").and_then(Value::as_str).is_some_and(|id| id.starts_with("ua:"));
    },
    ..Fault::NONE
};
