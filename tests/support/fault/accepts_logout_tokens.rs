//! Takes a logout token for an access token.

use serde_json::Value;

use super::{Fault, Rules};

pub(super) const FAULT: Fault = Fault {
    name: "accepts-logout-tokens",
    breaks: &["rfc8725-3.12-id-token-rejected"],
    rules: |r| {
        r.typ = |typ| matches!(typ.and_then(Value::as_str), Some("at+jwt" | "application/at+jwt" | "logout+jwt"));
        r.required = |claims| (Rules::STRICT.required)(claims) || claims.contains_key("events");
    },
    ..Fault::NONE
};
