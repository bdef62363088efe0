//! Every way in, and what leaks on the way out.

checks! {
    after_authentication::AfterAuthentication,
    open_get::OpenGet,
    open_delete::OpenDelete,
    open_head::OpenHead,
    open_notification::OpenNotification,
    open_initialize::OpenInitialize,
    open_discover::OpenDiscover,
    open_list::OpenList,
    echo::TokenEcho,
}

use crate::check::{Stop, Verdict};
use crate::client::Request;
use crate::context::Context;
use crate::reply::Outcome;

/// A word that is no token.
const GARBAGE: &str = "not-a-token";

/// Passes where a request is refused both without a token and with a word that is none.
///
/// # Errors
/// A violation where it was served; inconclusive where the answer says nothing about credentials.
async fn expect_closed(cx: &Context, name: &str, request: &Request) -> Verdict {
    for (with, request) in [("no token", request.clone()), ("a word that is no token", request.clone().bearer(GARBAGE))]
    {
        let reply = cx.send(&request.purpose(format!("{name} with {with}"))).await?;
        match reply.outcome() {
            Outcome::Served => {
                return Err(Stop::violation(format!("a refusal of {name} with {with}"), reply.describe()));
            }
            // A JSON-RPC error inside 200: not the status that MCP asks for, but nothing was given away.
            Outcome::Unauthorized | Outcome::Forbidden | Outcome::NotServedIn2xx => {}
            Outcome::NoVerdict if reply.status.is_client_error() && !reply.is_in_front() => {}
            _ => return Err(Stop::inconclusive(format!("{name} with {with} got {}", reply.describe()))),
        }
    }
    Ok(())
}
