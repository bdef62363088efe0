//! Remembers what a tool answered, and for whom not.

use std::sync::{Mutex, PoisonError};

use http::StatusCode;
use serde_json::Value;

use super::Fault;

pub(super) const FAULT: Fault = Fault {
    name: "answers-with-another-users-result",
    breaks: &["keycard-guide-verified-user-per-call"],
    response: |asked, response| {
        if asked.tool.as_deref() != Some("whoami") || response.status() != StatusCode::OK {
            return;
        }
        let Ok(mut answer) = serde_json::from_slice::<Value>(response.body()) else { return };
        let mut first = FIRST.lock().unwrap_or_else(PoisonError::into_inner);
        answer["result"] = first.get_or_insert(answer["result"].take()).clone();
        *response.body_mut() = answer.to_string().into();
    },
    ..Fault::NONE
};

static FIRST: Mutex<Option<Value>> = Mutex::new(None);
