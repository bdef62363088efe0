//! Lets in whoever claims that a proxy knows them.

use super::Fault;

pub(super) const FAULT: Fault = Fault {
    name: "trusts-forwarded-user",
    breaks: &["sbp-verify-all-requests"],
    lets_in: |asked| asked.header("x-forwarded-user").is_some(),
    ..Fault::NONE
};
