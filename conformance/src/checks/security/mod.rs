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
    caller_identity::CallerIdentity,
    asserted_identity::AssertedIdentity,
    exposed_files::ExposedFiles,
}

use serde_json::Value;

use crate::check::{Stop, Verdict};
use crate::client::Request;
use crate::context::Context;
use crate::reply::{Outcome, Reply};
use crate::survey::TokenFound;
use crate::token::Token;

/// A word that is no token.
const GARBAGE: &str = "not-a-token";

/// Passes where a request is refused both without a token and with a word that is none.
///
/// 401 and 403 are refusals, and for methods that a server may not have 404, 405 and 406. Another 4xx, and what is no
/// service in 2xx, may come from somewhere that has not looked at credentials: it counts where the same request with the
/// accepted token is served.
///
/// # Errors
/// A violation where it was served; inconclusive where the answer says nothing about credentials.
async fn expect_closed(cx: &Context, name: &str, bare: &Request) -> Verdict {
    let is_message = bare.body.is_some();
    for (with, request) in [("no token", bare.clone()), ("a word that is no token", bare.clone().bearer(GARBAGE))] {
        let reply = cx.send(&request.purpose(format!("{name} with {with}"))).await?;
        let unclear = || Stop::inconclusive(format!("{name} with {with} got {}", reply.describe()));
        match reply.outcome() {
            _ if reply.refuses_with_result() => {
                return Err(Stop::violation(
                    format!("a refusal of {name} with {with}, and no result"),
                    reply.describe(),
                ));
            }
            Outcome::Served => {
                return Err(Stop::violation(format!("a refusal of {name} with {with}"), reply.describe()));
            }
            Outcome::Unauthorized | Outcome::Forbidden => {}
            Outcome::NoVerdict if !is_message && matches!(reply.status.as_u16(), 404..=406) => {}
            // A page or a redirect for whoever comes with a browser.
            Outcome::NotServedIn2xx if !is_message => {}
            Outcome::NoVerdict if reply.status.is_redirection() && !is_message => {}
            Outcome::NotServedIn2xx | Outcome::NoVerdict if !reply.status.is_redirection() && !reply.is_in_front() => {
                let TokenFound::Accepted(token) = &cx.survey().token else { return Err(unclear()) };
                let control =
                    bare.clone().bearer(&token.compact).purpose(format!("{name} with the accepted token (control)"));
                if cx.send(&control).await?.outcome() != Outcome::Served {
                    return Err(unclear());
                }
            }
            Outcome::ServerError | Outcome::NoVerdict | Outcome::NotServedIn2xx => return Err(unclear()),
        }
    }
    Ok(())
}

/// The accepted token, and the answer of the bearing tool to it, where that shows who calls.
///
/// # Errors
/// Not applicable where it does not show the caller, inconclusive where the control fails.
async fn shows_caller(cx: &Context) -> Result<(Token, Reply), Stop> {
    let token = cx.accepted_token().await?;
    let reply = cx.call(&token.compact, "the accepted token (control)").await?;
    let subject = token.claims.get("sub").and_then(Value::as_str).unwrap_or_default();
    if subject.len() < SUBJECT_AT_LEAST || !String::from_utf8_lossy(&reply.body).contains(subject) {
        return Err(Stop::not_applicable(format!("{} does not show who calls", cx.bearing_name())));
    }
    Ok((token, reply))
}

/// Bytes of a subject that no answer holds by chance.
const SUBJECT_AT_LEAST: usize = 8;
