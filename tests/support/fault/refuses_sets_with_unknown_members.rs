//! Refuses a key set in which a key has a member that it does not know.

use serde_json::Value;

use super::Fault;

pub(super) const FAULT: Fault = Fault {
    name: "refuses-sets-with-unknown-members",
    breaks: &["rfc7517-4-unknown-members-ignored"],
    rules: |r| {
        r.keys.kept = |keys| {
            let known =
                |name: &String| ["kty", "use", "alg", "kid", "n", "e", "crv", "x", "y"].contains(&name.as_str());
            let is_known = |key: &Value| key.as_object().is_some_and(|members| members.keys().all(known));
            keys.iter().all(is_known).then_some(keys)
        }
    },
    ..Fault::NONE
};
