//! Marks what only its reader may see as public.

use http::StatusCode;
use serde_json::json;

use super::{Fault, edit_json};

pub(super) const FAULT: Fault = Fault {
    name: "calls-notes-public",
    breaks: &["mcp-caching-private-when-per-user"],
    response: |asked, response| {
        let is_own = asked.message["params"]["uri"] == "notes://own" && response.status() == StatusCode::OK;
        if is_own && !asked.is_of_initialize_era() {
            edit_json(response, |message| message["result"]["cacheScope"] = json!("public"));
        }
    },
    ..Fault::NONE
};
