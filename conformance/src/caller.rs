//! Somebody who calls the server: a token, and the session that it opened where the server has sessions.
//!
//! A refusal of one caller proves nothing where that caller is refused everywhere, so each is served once first.

use http::Method;
use serde_json::{Map, Value};

use crate::check::{Stop, Verdict};
use crate::context::Context;
use crate::mcp::{self, Operation, Session};
use crate::reply::{Outcome, Reply};
use crate::text::quoted;
use crate::token::Token;

/// A caller who was served just now.
#[derive(Debug)]
pub struct Caller<'a> {
    cx: &'a Context,
    token: String,
    session: Session,
    who: String,
}

impl<'a> Caller<'a> {
    /// Whoever has the accepted token; [`Context::accepted_token`] is the control.
    pub fn accepted(cx: &'a Context, token: &Token) -> Self {
        let who = "the accepted token".to_owned();
        Self { cx, token: token.compact.clone(), session: cx.session(), who }
    }

    /// Whoever has the accepted token with these claims in place of its own; `but` is what they may not do.
    ///
    /// # Errors
    /// Inconclusive where the token is refused whatever it asks for, or where it is the accepted token's own user.
    pub async fn with_claims(
        cx: &'a Context,
        accepted: &Token,
        claims: &Map<String, Value>,
        but: &Operation,
    ) -> Result<Self, Stop> {
        let shown = quoted(&Value::Object(claims.clone()).to_string());
        if claims.iter().all(|(name, value)| accepted.claims.get(name) == Some(value)) {
            return Err(Stop::inconclusive(format!("the accepted token itself has the claims {shown}")));
        }
        let draft = accepted.but(|t| claims.iter().for_each(|(name, value)| t.claim(name, value.clone())));
        Self::signed(cx, &cx.sign(&draft, "token of another caller").await?, format!("a token with {shown}"), but).await
    }

    /// Whoever has this token.
    ///
    /// # Errors
    /// Inconclusive where it is refused whatever it asks for.
    pub async fn signed(cx: &'a Context, token: &str, who: String, but: &Operation) -> Result<Self, Stop> {
        let refused = |reply: &Reply| {
            Stop::inconclusive(format!("{who} got {} everywhere, which proves nothing", reply.describe()))
        };
        let session = cx.open_session(token, &who).await?.map_err(|refusal| refused(&refusal))?;
        let caller = Self { cx, token: token.to_owned(), session, who: who.clone() };
        let bearing = cx.bearing_operation();
        let control = if bearing == but || is_denied_to_some(cx, bearing) { &Operation::ListTools } else { bearing };
        let reply = caller.ask(control, " (control)").await?;
        if reply.outcome() != Outcome::Served {
            return Err(refused(&reply));
        }
        if control != bearing {
            let bare = mcp::post(cx.url(), control, cx.revision(), &caller.session);
            let bare = cx.send(&bare.purpose(format!("{} with no token (control)", control.describe()))).await?;
            if bare.outcome() == Outcome::Served {
                let because =
                    "what is for everybody is served without a token, so that it does not show that this one is good";
                return Err(Stop::inconclusive(because));
            }
        }
        Ok(caller)
    }

    /// Who it is, in a few words.
    pub fn who(&self) -> &str {
        &self.who
    }

    /// Its token.
    pub fn token(&self) -> &str {
        &self.token
    }

    /// Its session; empty where the server has none.
    pub fn session(&self) -> &Session {
        &self.session
    }

    /// The answer to what this caller asks for.
    ///
    /// # Errors
    /// Inconclusive, where no answer came.
    pub async fn ask(&self, operation: &Operation, why: &str) -> Result<Reply, Stop> {
        let request = mcp::post(self.cx.url(), operation, self.cx.revision(), &self.session).bearer(&self.token);
        let purpose = format!("{} with {}{why}", operation.describe(), self.who);
        Ok(self.cx.send(&request.purpose(purpose)).await?)
    }
}

/// Whether the user says that somebody may not do this.
fn is_denied_to_some(cx: &Context, operation: &Operation) -> bool {
    let Operation::CallTool { name, .. } = operation else { return false };
    cx.declared().tools.get(name).is_some_and(|tool| tool.denied_to.is_some())
}

/// Passes where what was asked for was not done, while the accepted token is served: with a refusal, or an error.
///
/// # Errors
/// A violation where it was done; inconclusive where the server failed or a layer in front turned the request away.
pub fn expect_denied(reply: &Reply, what: &str) -> Verdict {
    let is_error = reply.message().is_some_and(|message| message.get("error").is_some());
    match reply.outcome() {
        _ if reply.refuses_with_result() => Err(Stop::violation(format!("no result for {what}"), reply.describe())),
        Outcome::Served => Err(Stop::violation(format!("a refusal of {what}"), reply.describe())),
        Outcome::Unauthorized | Outcome::Forbidden => Ok(()),
        // JSON-RPC errors may have other statuses than 200, 404 for what is not shown.
        Outcome::NotServedIn2xx | Outcome::NoVerdict if is_error && !reply.is_in_front() => Ok(()),
        Outcome::NotServedIn2xx if reply.message().is_some() => Ok(()),
        Outcome::NotServedIn2xx | Outcome::NoVerdict | Outcome::ServerError => {
            Err(Stop::inconclusive(format!("{what} got {}, which is no refusal", reply.describe())))
        }
    }
}

/// Whether the server declares a capability; unknown where it does not say.
///
/// # Errors
/// Inconclusive, where no answer came.
pub async fn declares(cx: &Context, token: &Token, capability: &str) -> Result<Option<bool>, Stop> {
    let first = if cx.revision().initializes() { Operation::Initialize } else { Operation::Discover };
    let request = mcp::post(cx.url(), &first, cx.revision(), &Session::default()).bearer(&token.compact);
    let reply = cx.send(&request.purpose("what the server declares")).await?;
    if let Some(id) = reply.header("mcp-session-id").filter(|_| cx.revision().initializes()) {
        let session = Session { id: Some(id.to_owned()) };
        let end = mcp::other(cx.url(), Method::DELETE, cx.revision(), &session).bearer(&token.compact);
        let _ = cx.send(&end.purpose("the end of that session")).await;
    }
    Ok(reply.result().map(|result| result["capabilities"][capability].is_object()))
}

#[cfg(test)]
mod tests {
    use http::{HeaderMap, HeaderValue, StatusCode};
    use serde_json::json;

    use super::*;

    fn judged(status: u16, body: &str) -> Verdict {
        let mut headers = HeaderMap::new();
        headers.insert("content-type", HeaderValue::from_static("application/json"));
        let mut reply = Reply::new(StatusCode::from_u16(status).unwrap(), headers, Some(json!(1)));
        reply.body = body.as_bytes().to_vec();
        expect_denied(&reply, "it")
    }

    #[test]
    fn an_error_is_a_denial_whatever_its_status_and_a_result_is_none() {
        let error = r#"{"jsonrpc":"2.0","id":1,"error":{"code":-32602,"message":"no"}}"#;
        let result = r#"{"jsonrpc":"2.0","id":1,"result":{}}"#;
        let failed = r#"{"jsonrpc":"2.0","id":1,"result":{"isError":true}}"#;
        for (status, body) in [(200, error), (404, error), (400, error), (403, ""), (401, ""), (200, failed)] {
            assert_eq!(judged(status, body), Ok(()), "{status} {body}");
        }
        for status in [200, 401, 404, 500] {
            assert!(matches!(judged(status, result), Err(Stop::Violation { .. })), "{status}");
        }
        for (status, body) in [(429, error), (404, ""), (500, error), (200, "")] {
            assert!(matches!(judged(status, body), Err(Stop::Inconclusive { .. })), "{status} {body}");
        }
    }
}
