//! Lets in whoever sends an API key, which nobody compares.

use super::Fault;

pub(super) const FAULT: Fault = Fault {
    name: "takes-any-api-key",
    breaks: &["sbp-verify-all-requests"],
    lets_in: |asked| asked.authorization.as_deref().is_some_and(|value| value.starts_with("ApiKey ")),
    ..Fault::NONE
};
