//! Lets in what claims to come from its own machine.

use super::Fault;

pub(super) const FAULT: Fault = Fault {
    name: "trusts-forwarded-for",
    breaks: &["sbp-verify-all-requests"],
    lets_in: |asked| asked.header("x-forwarded-for") == Some("127.0.0.1"),
    ..Fault::NONE
};
