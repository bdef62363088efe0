//! Lists one more tool on a connection over which a tool was called.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::sync::{Mutex, PoisonError};

use axum::body::Bytes;
use http::{Response, StatusCode};
use serde_json::json;

use super::{Asked, Fault, edit_json};

pub(super) const FAULT: Fault = Fault {
    name: "unlocks-tools-by-connection",
    breaks: &["mcp-tools-list-not-per-connection"],
    response: |asked, response| {
        let mut used = USED.lock().unwrap_or_else(PoisonError::into_inner);
        if asked.rpc_method.as_deref() == Some("tools/call") && response.status() == StatusCode::OK {
            used.insert(asked.peer);
        }
        if used.contains(&asked.peer) {
            list_one_more(asked, response);
        }
    },
    ..Fault::NONE
};

/// The connections over which a tool was called.
static USED: Mutex<BTreeSet<SocketAddr>> = Mutex::new(BTreeSet::new());

/// Lists a tool that there is not always.
pub(super) fn list_one_more(asked: &Asked, response: &mut Response<Bytes>) {
    if asked.rpc_method.as_deref() == Some("tools/list") {
        edit_json(response, |message| {
            if let Some(tools) = message["result"]["tools"].as_array_mut() {
                tools.push(json!({"name": "advanced", "inputSchema": {"type": "object"}}));
            }
        });
    }
}
