//! Revokes the first token with which a tool is called, after it has served a few calls; others it serves for ever.

use std::sync::{Mutex, PoisonError};

use http::StatusCode;

use crate::fault::Fault;

/// Calls that the first token is good for: enough to be found out to be good.
const CALLS: usize = 6;

pub(super) const ODDITY: Fault = Fault {
    name: "revokes-a-token",
    response: |asked, response| {
        let Some(token) = asked.token().filter(|_| asked.tool.is_some() && response.status() == StatusCode::OK) else {
            return;
        };
        let mut first = FIRST.lock().unwrap_or_else(PoisonError::into_inner);
        let (first, calls) = first.get_or_insert_with(|| (token.to_owned(), 0));
        if first == token {
            *calls += 1;
            if *calls > CALLS {
                *response.status_mut() = StatusCode::UNAUTHORIZED;
            }
        }
    },
    ..Fault::NONE
};

static FIRST: Mutex<Option<(String, usize)>> = Mutex::new(None);
