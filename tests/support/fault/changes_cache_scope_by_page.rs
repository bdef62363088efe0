//! Marks the first page of its resources as private and the second as public.

use http::StatusCode;
use serde_json::json;

use super::{Fault, edit_json};

pub(super) const FAULT: Fault = Fault {
    name: "changes-cache-scope-by-page",
    breaks: &["mcp-caching-same-scope-on-pages"],
    response: |asked, response| {
        let is_list = asked.rpc_method.as_deref() == Some("resources/list") && response.status() == StatusCode::OK;
        if is_list && !asked.message["params"]["cursor"].is_null() && !asked.is_of_initialize_era() {
            edit_json(response, |message| message["result"]["cacheScope"] = json!("public"));
        }
    },
    ..Fault::NONE
};
