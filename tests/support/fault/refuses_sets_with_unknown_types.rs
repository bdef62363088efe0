//! Refuses a key set in which a key has a type that it does not know.

use serde_json::Value;

use super::Fault;

pub(super) const FAULT: Fault = Fault {
    name: "refuses-sets-with-unknown-types",
    breaks: &["rfc7517-5-unknown-keys-ignored"],
    rules: |r| {
        r.keys.kept = |keys| {
            let is_known = |key: &Value| ["RSA", "EC", "OKP", "oct"].iter().any(|known| key["kty"] == *known);
            keys.iter().all(is_known).then_some(keys)
        }
    },
    ..Fault::NONE
};
