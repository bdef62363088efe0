//! Takes any word for a token.

use super::Fault;

pub(super) const FAULT: Fault = Fault {
    name: "accepts-garbage",
    breaks: &["rfc7519-7.2-malformed-rejected"],
    rules: |r| r.garbage = true,
    ..Fault::NONE
};
