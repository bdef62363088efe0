//! Reads the zone's metadata for each key set, and takes the keys that it names whatever its issuer.

use super::{Fault, Metadata};

pub(super) const FAULT: Fault = Fault {
    name: "believes-metadata-of-others",
    breaks: &["rfc8414-3.3-server-rejects-mismatched-metadata"],
    rules: |r| r.keys.metadata = Metadata::Believed,
    ..Fault::NONE
};
