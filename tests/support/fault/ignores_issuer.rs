//! Never looks at `iss`.

use super::Fault;

pub(super) const FAULT: Fault = Fault {
    name: "ignores-issuer",
    breaks: &["rfc9068-4-iss-exact", "rfc9068-4-iss-missing", "rfc9068-4-iss-normalised"],
    rules: |r| r.issuer = |_, _| true,
    ..Fault::NONE
};
