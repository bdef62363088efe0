//! Speaks TLS, and says in its challenges that its metadata are elsewhere, without.

use super::{Fault, edit_challenge};

pub(super) const FAULT: Fault = Fault {
    name: "challenges-with-a-plain-url",
    breaks: &["oauth21-1.5-https"],
    response: |_, response| edit_challenge(response, |challenge| challenge.replace("\"https:", "\"http:")),
    tls: Some(|_| {}),
    ..Fault::NONE
};
