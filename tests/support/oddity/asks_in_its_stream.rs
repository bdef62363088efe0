//! Asks, in revisions with sessions, in the event stream of the call, and only who said at initialize that they can be asked.

use std::collections::BTreeSet;
use std::sync::{Mutex, MutexGuard, PoisonError};

use axum::body::Bytes;
use http::header::CONTENT_TYPE;
use http::{HeaderValue, Response, StatusCode};
use serde_json::json;

use super::opens_sessions::{SESSIONS, sessions};
use crate::fault::{Asked, Fault};

pub(super) const ODDITY: Fault = Fault { name: "asks-in-its-stream", response: ask, ..Fault::NONE };

fn ask(asked: &Asked, response: &mut Response<Bytes>) {
    sessions(asked, response, &SESSIONS);
    if !asked.is_of_initialize_era() || response.status() != StatusCode::OK {
        return;
    }
    let can_be_asked = asked.message["params"]["capabilities"]["elicitation"].is_object();
    if asked.rpc_method.as_deref() == Some("initialize") && can_be_asked {
        let id = response.headers().get("mcp-session-id").and_then(|id| id.to_str().ok());
        asking().extend(id.map(str::to_owned));
    }
    let is_asked = asked.session.as_ref().is_some_and(|id| asking().contains(id));
    if asked.tool.as_deref() == Some("book_room") && is_asked {
        let form = json!({"type": "object", "properties": {"confirm": {"type": "boolean"}}});
        let params = json!({"message": "book_room: go on?", "requestedSchema": form});
        let request = json!({"jsonrpc": "2.0", "id": "question", "method": "elicitation/create", "params": params});
        *response.body_mut() = format!("event: message\ndata: {request}\n\n").into();
        response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
    }
}

fn asking() -> MutexGuard<'static, BTreeSet<String>> {
    ASKING.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The sessions in which the client can be asked.
static ASKING: Mutex<BTreeSet<String>> = Mutex::new(BTreeSet::new());
