//! Answers 405 and does not say what is allowed.

use super::Fault;

pub(super) const FAULT: Fault = Fault {
    name: "answers-405-without-allow",
    breaks: &["rfc9110-15.5.6-405-allow"],
    response: |_, response| drop(response.headers_mut().remove("allow")),
    ..Fault::NONE
};
