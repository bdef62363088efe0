//! Accepts tokens without `typ`, and such as say JWT.

use serde_json::Value;

use super::Fault;

pub(super) const FAULT: Fault = Fault {
    name: "accepts-untyped",
    breaks: &["rfc9068-4-typ"],
    rules: |r| {
        r.typ = |typ| matches!(typ.and_then(Value::as_str), None | Some("at+jwt" | "application/at+jwt" | "JWT"));
    },
    ..Fault::NONE
};
