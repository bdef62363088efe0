//! Lists one more tool to a user who has called one.

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

use http::StatusCode;
use serde_json::json;

use super::unlocks_tools_by_connection::list_one_more;
use super::{Fault, edit_json};

pub(super) const FAULT: Fault = Fault {
    name: "unlocks-tools-by-use",
    breaks: &["mcp-tools-list-not-per-connection"],
    response: |asked, response| {
        let user = asked.claims()["sub"].as_str().unwrap_or_default().to_owned();
        let mut callers = CALLERS.lock().unwrap_or_else(PoisonError::into_inner);
        if asked.rpc_method.as_deref() == Some("tools/call") && response.status() == StatusCode::OK {
            callers.insert(user);
        } else if callers.contains(&user) {
            list_one_more(asked, response);
        }
        let is_list = asked.rpc_method.as_deref() == Some("tools/list") && response.status() == StatusCode::OK;
        if is_list && !asked.is_of_initialize_era() {
            edit_json(response, |message| message["result"]["cacheScope"] = json!("private"));
        }
    },
    ..Fault::NONE
};

/// The users who have called a tool.
static CALLERS: Mutex<BTreeSet<String>> = Mutex::new(BTreeSet::new());
