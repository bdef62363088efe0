//! Reads its zone's metadata for each key set, and looks at the issuer.

use crate::fault::{Fault, Metadata};

pub(super) const ODDITY: Fault =
    Fault { name: "reads-metadata-each-time", rules: |r| r.keys.metadata = Metadata::Read, ..Fault::NONE };
