//! Says that it takes bound tokens only, and takes others as well.

use serde_json::json;

use super::Fault;
use crate::oddity::takes_dpop;

pub(super) const FAULT: Fault = Fault {
    name: "demands-dpop-in-vain",
    breaks: &["dpop-metadata-flag"],
    metadata: |document| {
        document["dpop_signing_alg_values_supported"] = json!(["ES256"]);
        document["dpop_bound_access_tokens_required"] = json!(true);
    },
    ..takes_dpop::ODDITY
};
