//! Dies of an issuer that is no text, and its connection with it.

use super::Fault;

pub(super) const FAULT: Fault = Fault {
    name: "drops-connections-on-arrays",
    breaks: &["rfc7519-7.2-malformed-rejected"],
    response: |asked, _| assert!(!asked.claims()["iss"].is_array(), "a server that takes this for granted"),
    ..Fault::NONE
};
