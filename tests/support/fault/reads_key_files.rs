//! Takes `kid` for the path of a file that holds the secret.

use super::{Fault, Secret};

pub(super) const FAULT: Fault = Fault {
    name: "reads-key-files",
    breaks: &["rfc8725-3.5-weak-hmac-secret"],
    rules: |r| r.secret = Secret::FileOfKeyId,
    ..Fault::NONE
};
