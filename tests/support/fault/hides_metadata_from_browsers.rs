//! Lets scripts of its origin call the endpoint, and not read the metadata.

use super::Fault;
use crate::oddity::serves_browsers::{Browsers, OWN, browsers};

pub(super) const FAULT: Fault = Fault {
    name: "hides-metadata-from-browsers",
    breaks: &["cors-metadata-readable"],
    response: |asked, response| browsers(asked, response, &Browsers { metadata: false, ..OWN }),
    ..Fault::NONE
};
