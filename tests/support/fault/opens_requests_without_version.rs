//! Lets a call in that names no version.

use super::Fault;

pub(super) const FAULT: Fault = Fault {
    name: "opens-requests-without-version",
    breaks: &["sbp-verify-all-requests"],
    lets_in: |asked| asked.revision.is_none() && asked.tool.is_some() && asked.authorization.is_none(),
    ..Fault::NONE
};
