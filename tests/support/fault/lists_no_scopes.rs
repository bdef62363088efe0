//! Does not list the scopes that its tools need.

use super::Fault;

pub(super) const FAULT: Fault = Fault {
    name: "lists-no-scopes",
    breaks: &["rfc9728-2-scopes-supported"],
    metadata: |document| {
        document.as_object_mut().map(|members| members.remove("scopes_supported"));
    },
    ..Fault::NONE
};
