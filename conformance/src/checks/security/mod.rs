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
    methods::Methods,
    same_connection::SameConnection,
    older_revision::OlderRevision,
    path_variants::PathVariants,
    override_headers::OverrideHeaders,
    disguise::Disguise,
    forwarded_headers::ForwardedHeaders,
    other_schemes::OtherSchemes,
    token_elsewhere::TokenElsewhere,
    token_in_cookie::TokenInCookie,
    batch::Batch,
    processing::Processing,
    hints::Hints,
    session_without_token::SessionWithoutToken,
    session_other_user::SessionOtherUser,
    session_predictable::SessionPredictable,
    session_bits::SessionBits,
    refusal_internals::RefusalInternals,
    echo::TokenEcho,
    caller_identity::CallerIdentity,
    asserted_identity::AssertedIdentity,
    exposed_files::ExposedFiles,
    https_only::HttpsOnly,
    tls_versions::TlsVersions,
    unregistered_redirect::UnregisteredRedirect,
    proxy_redirect::ProxyRedirect,
    proxy_framing::ProxyFraming,
    foreign_credentials::ForeignCredentials,
}

mod own_authorization;

use http::{Method, StatusCode};
use serde_json::Value;

use crate::check::{Need, Stop, Verdict};
use crate::client::Request;
use crate::context::Context;
use crate::mcp::{self, Operation, Session};
use crate::reply::{Outcome, Reply};
use crate::survey::TokenFound;
use crate::token::Token;

/// A word that is no token.
const GARBAGE: &str = "not-a-token";

/// Passes where a request that may not be served was not, however it was refused: its like is refused for want of a
/// token, so that this one may be turned away for any reason.
///
/// # Errors
/// A violation where it was served; inconclusive where the server failed or a layer in front was asked too much.
pub(crate) fn shut(reply: &Reply, what: &str) -> Verdict {
    if reply.outcome() == Outcome::Served || reply.refuses_with_result() {
        return Err(Stop::violation(format!("a refusal of {what}"), reply.describe()));
    }
    if reply.is_in_front() || reply.status.is_server_error() {
        return Err(Stop::inconclusive(format!("{what} got {}", reply.describe())));
    }
    Ok(())
}

/// Passes where a request without a good token was not served, and opens no session of its own either.
///
/// Who gets past authentication as somebody else meets a session that is not theirs, and is turned away for that: so where
/// the answer is another than 401, the same is tried as the beginning of a session.
///
/// # Errors
/// As [`shut`].
pub(crate) async fn stays_shut(cx: &Context, request: Request, what: &str) -> Verdict {
    let reply = cx.send(&request.clone().purpose(what)).await?;
    shut(&reply, what)?;
    if reply.status == StatusCode::UNAUTHORIZED || !request.headers.contains_key(SESSION) {
        return Ok(());
    }
    let opening = mcp::post(cx.url(), &Operation::Initialize, cx.revision(), &Session::default());
    let bare = cx.send(&opening.clone().purpose("initialize without a token (control)")).await?;
    if bare.outcome() == Outcome::Served {
        return Ok(()); // it is open to anybody, and another check says so
    }
    let mut as_first = Request { body: opening.body, rpc_id: opening.rpc_id, ..request };
    as_first.headers.remove(SESSION);
    let what = format!("initialize with {what}");
    shut(&cx.send(&as_first.purpose(&what)).await?, &what)
}

/// The header that names a session.
const SESSION: &str = "mcp-session-id";

/// Makes sure that the bearing request is refused without a token.
///
/// # Errors
/// Not tested where it is open to anybody; inconclusive where the answer is no refusal.
async fn refused_without_token(cx: &Context) -> Verdict {
    if cx.survey().is_open(cx.revision()) {
        return Err(Stop::NotTested { need: Need::DeclaredTool });
    }
    let reply = cx.send(&cx.bearing().purpose("no token (control)")).await?;
    if reply.expect_refused().is_err() || may_be_a_guards(cx, &reply) {
        return Err(Stop::inconclusive(format!("without any token the answer was {}", reply.describe())));
    }
    Ok(())
}

/// Whether a refusal may come from a guard in front, or from the transport, which look at no token: there is no token that
/// got anything else.
fn may_be_a_guards(cx: &Context, reply: &Reply) -> bool {
    matches!(reply.status.as_u16(), 400 | 403 | 406) && !matches!(cx.survey().token, TokenFound::Accepted(_))
}

/// A session that nobody else uses, opened with the accepted token and seen to serve it.
///
/// # Errors
/// Not applicable where the server has no sessions; inconclusive where it opens none.
async fn own_session(cx: &Context, token: &Token) -> Result<Session, Stop> {
    let opened = cx.open_session(&token.compact, "the accepted token").await?;
    let session = opened.map_err(|refusal| {
        Stop::inconclusive(format!("the accepted token could open no session: {}", refusal.describe()))
    })?;
    if session.id.is_none() {
        return Err(Stop::not_applicable("the server issues no session id"));
    }
    let request = mcp::post(cx.url(), cx.bearing_operation(), cx.revision(), &session).bearer(&token.compact);
    let used = cx.send(&request.purpose("the accepted token in that session (control)")).await?;
    if used.outcome() != Outcome::Served {
        return Err(Stop::inconclusive(format!("the accepted token in that session got {}", used.describe())));
    }
    Ok(session)
}

/// How many sessions are opened to compare their ids: that random numbers of this count only grow is less likely than any
/// accident.
const SESSIONS: usize = 20;

/// The ids of sessions that are opened with the accepted token and ended again, in the order in which they came.
///
/// # Errors
/// Not applicable where the server has no sessions; inconclusive where it opens none.
async fn issued_ids(cx: &Context) -> Result<Vec<String>, Stop> {
    let token = cx.served_token().await?;
    let mut ids = Vec::new();
    for _ in 0..SESSIONS {
        let opened = cx.open_session(&token.compact, "the accepted token").await?;
        let session =
            opened.map_err(|refusal| Stop::inconclusive(format!("a session was refused: {}", refusal.describe())))?;
        cx.end_session(&token.compact, &session).await;
        ids.push(session.id.ok_or_else(|| Stop::not_applicable("the server issues no session id"))?);
    }
    Ok(ids)
}

/// The requests that a session is for: a message, the stream and, last, its end; without credentials.
fn in_session(cx: &Context, session: &Session) -> [(&'static str, Request); 3] {
    let other = |method| mcp::other(cx.url(), method, cx.revision(), session);
    [
        ("POST", mcp::post(cx.url(), cx.bearing_operation(), cx.revision(), session)),
        ("GET", other(Method::GET)),
        ("DELETE", other(Method::DELETE)),
    ]
}

/// Passes where a request is refused both without a token and with a word that is none.
///
/// 401 and 403 are refusals, and for methods that a server may not have 404, 405, 406 and 501. Another 4xx, and what is no
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
            Outcome::Forbidden | Outcome::NoVerdict if may_be_a_guards(cx, &reply) => return Err(unclear()),
            Outcome::Unauthorized | Outcome::Forbidden => {}
            Outcome::NoVerdict if !is_message && matches!(reply.status.as_u16(), 404..=406) => {}
            // The server knows no such method (RFC 9110 section 15.6.2), whoever asks.
            Outcome::ServerError if !is_message && reply.status == StatusCode::NOT_IMPLEMENTED => {}
            // A page or a redirect for whoever comes with a browser.
            Outcome::NotServedIn2xx if !is_message => {}
            Outcome::NoVerdict if reply.status.is_redirection() && !is_message => {}
            Outcome::NotServedIn2xx | Outcome::NoVerdict if !reply.status.is_redirection() && !reply.is_in_front() => {
                let TokenFound::Accepted(_) = &cx.survey().token else { return Err(unclear()) };
                let token = cx.current_token().await?;
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

/// What to name so that callers are told from each other.
const SHOWS_ITS_CALLER: &str = "read-only tool, or one named by --tool, whose answer shows the caller's `sub`";

/// The accepted token, and the answer of the bearing tool to it, where that shows who calls.
///
/// # Errors
/// [`Stop::Undeclared`] where it does not show the caller, inconclusive where the control fails.
async fn shows_caller(cx: &Context) -> Result<(Token, Reply), Stop> {
    let token = cx.accepted_token().await?;
    let reply = cx.call(&token.compact, "the accepted token (control)").await?;
    let subject = token.claims.get("sub").and_then(Value::as_str).unwrap_or_default();
    if subject.len() < SUBJECT_AT_LEAST || !String::from_utf8_lossy(&reply.body).contains(subject) {
        return Err(Stop::Undeclared { wanted: SHOWS_ITS_CALLER });
    }
    Ok((token, reply))
}

/// Bytes of a subject that no answer holds by chance.
const SUBJECT_AT_LEAST: usize = 8;
