//! Leaves `resource` out of its metadata.

use super::Fault;

pub(super) const FAULT: Fault = Fault {
    name: "names-no-resource",
    breaks: &["rfc9728-2-resource-required"],
    metadata: |document| {
        document.as_object_mut().map(|members| members.remove("resource"));
    },
    ..Fault::NONE
};
