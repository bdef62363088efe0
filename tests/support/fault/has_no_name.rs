//! Has no name for people.

use super::Fault;

pub(super) const FAULT: Fault = Fault {
    name: "has-no-name",
    breaks: &["rfc9728-2-resource-name"],
    metadata: |document| {
        document.as_object_mut().map(|members| members.remove("resource_name"));
    },
    ..Fault::NONE
};
