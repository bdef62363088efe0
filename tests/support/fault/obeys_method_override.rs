//! Lets in what claims to be OPTIONS.

use super::Fault;

pub(super) const FAULT: Fault = Fault {
    name: "obeys-method-override",
    breaks: &["sbp-verify-all-requests"],
    lets_in: |asked| asked.header("x-http-method-override") == Some("OPTIONS"),
    ..Fault::NONE
};
