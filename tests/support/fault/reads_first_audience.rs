//! Looks at the first element of `aud` only.

use serde_json::Value;

use super::{Fault, contains};

pub(super) const FAULT: Fault = Fault {
    name: "reads-first-audience",
    breaks: &[],
    rules: |r| {
        r.audience = |aud, own, _| match aud {
            Some(Value::Array(all)) => all.first().is_some_and(|first| first == own),
            aud => contains(aud, own),
        }
    },
    ..Fault::NONE
};
