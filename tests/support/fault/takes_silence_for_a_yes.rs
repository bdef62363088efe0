//! Asks its zone about each token, and serves it where there is no answer.

use super::{Fault, Introspection};

pub(super) const FAULT: Fault = Fault {
    name: "takes-silence-for-a-yes",
    breaks: &["rfc7662-2.2-inactive-rejected"],
    rules: |r| {
        r.introspection = Introspection::PassesWithoutAnswer;
        r.leeway = 0;
    },
    ..Fault::NONE
};
