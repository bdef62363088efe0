//! Takes tokens only that are bound to a key.

use http::header::AUTHORIZATION;
use serde_json::json;

use crate::fault::Fault;
use crate::oddity::takes_dpop::{self, Unchecked, admit, bound_token};

pub(super) const ODDITY: Fault = Fault {
    name: "demands-dpop",
    metadata: |document| {
        document["dpop_signing_alg_values_supported"] = json!(["ES256"]);
        document["dpop_bound_access_tokens_required"] = json!(true);
    },
    request: |asked, head| {
        admit(asked, head, Unchecked::Nothing);
        if bound_token(asked).is_none() {
            head.headers.remove(AUTHORIZATION);
        }
    },
    ..takes_dpop::ODDITY
};
