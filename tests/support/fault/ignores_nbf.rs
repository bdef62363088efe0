//! Never looks at `nbf`.

use super::Fault;

pub(super) const FAULT: Fault =
    Fault { name: "ignores-nbf", breaks: &["rfc7519-4.1.5-nbf"], rules: |r| r.nbf = false, ..Fault::NONE };
