//! Lists a tool only to those who have its scope, as it may.

use http::StatusCode;
use serde_json::json;

use super::{Fault, edit_json};

pub(super) const FAULT: Fault = Fault {
    name: "hides-tools-by-scope",
    breaks: &["mcp-tools-list-by-authorization"],
    response: |asked, response| {
        let is_list = asked.rpc_method.as_deref() == Some("tools/list") && response.status() == StatusCode::OK;
        if is_list {
            edit_json(response, |message| {
                if !message["result"]["cacheScope"].is_null() {
                    message["result"]["cacheScope"] = json!("private");
                }
                if let Some(tools) = message["result"]["tools"].as_array_mut() {
                    tools.retain(|tool| tool["name"] != "read_report" || asked.holds("reports:read"));
                }
            });
        }
    },
    ..Fault::NONE
};
