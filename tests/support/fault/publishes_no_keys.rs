//! Names a key set of its own where there is none.

use serde_json::json;

use super::Fault;
use crate::oddity::publishes_own_keys::origin_of;

pub(super) const FAULT: Fault = Fault {
    name: "publishes-no-keys",
    breaks: &["rfc9728-2-jwks-uri-https"],
    metadata: |document| document["jwks_uri"] = json!(format!("{}/keys", origin_of(document))),
    ..Fault::NONE
};
