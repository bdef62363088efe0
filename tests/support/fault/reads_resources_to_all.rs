//! Reads a resource to everybody who knows its URI.

use axum::body::Bytes;
use http::{Response, StatusCode};
use serde_json::json;

use super::{Asked, Fault, serve};

pub(super) const FAULT: Fault = Fault {
    name: "reads-resources-to-all",
    breaks: &["mcp-resources-access-control"],
    response: |asked, response| {
        if asked.is_of_initialize_era() {
            read_plans(asked, response, "private");
        }
    },
    ..Fault::NONE
};

/// Reads the plans to whoever got past the guard, with this `cacheScope`.
pub(super) fn read_plans(asked: &Asked, response: &mut Response<Bytes>, cache_scope: &str) {
    let is_read = asked.rpc_method.as_deref() == Some("resources/read");
    if is_read && asked.message["params"]["uri"] == "vault://plans" && response.status() == StatusCode::OK {
        serve(asked, response);
        super::edit_json(response, |message| {
            message["result"] = json!({
                "resultType": "complete",
                "ttlMs": 60_000,
                "cacheScope": cache_scope,
                "contents": [{"uri": "vault://plans", "text": "We merge."}],
            });
        });
    }
}
