//! Signs its metadata without saying who it is.

use serde_json::json;

use super::Fault;
use crate::oddity::publishes_own_keys::signed;

pub(super) const FAULT: Fault = Fault {
    name: "signs-metadata-for-nobody",
    breaks: &["rfc9728-2.2-signed-metadata"],
    metadata: |document| {
        let claims = json!({"resource": document["resource"]});
        document["signed_metadata"] = json!(signed(&claims));
    },
    ..Fault::NONE
};
