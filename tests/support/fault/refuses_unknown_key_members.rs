//! Passes keys over that have a member which it does not know.

use super::Fault;

pub(super) const FAULT: Fault = Fault {
    name: "refuses-unknown-key-members",
    breaks: &["rfc7517-4-unknown-members-ignored"],
    rules: |r| {
        r.keys.kept = |mut keys| {
            let known =
                |name: &String| ["kty", "use", "alg", "kid", "n", "e", "crv", "x", "y"].contains(&name.as_str());
            keys.retain(|key| key.as_object().is_some_and(|members| members.keys().all(known)));
            Some(keys)
        }
    },
    ..Fault::NONE
};
