//! What a server tells its clients about itself.

use serde_json::{Map, Value, json};

use crate::check::{Area, Check, Level, Meta, Need, Stop, Verdict};
use crate::checks::security::refusal_internals::SIGNS;
use crate::client::Request;
use crate::context::Context;
use crate::mcp::{Operation, Session};
use crate::page;
use crate::reply::Outcome;
use crate::survey::random_id;
use crate::text::quoted;
use crate::traces::form_in;

page! {
    /// Log messages to the client hold no token, no secret and no internals
    ///
    /// # What it checks
    /// Where the server declares `logging`, all its messages are asked for (`logging/setLevel` with `debug` before
    /// 2026-07-28, `io.modelcontextprotocol/logLevel` in each request since). Then the accepted token calls the tool that
    /// bears the token checks, a tool of no server, and that tool with arguments that it does not have. No
    /// `notifications/message` that comes with the answers may hold the token or a segment of it, in any encoding, another
    /// token or secret of this run, or a sign of a stack trace. Messages on a stream of their own (GET) are not looked at.
    ///
    /// # Why it matters
    /// Clients show these messages, keep them and send them to models. A credential in them is everybody's.
    ///
    /// # How to fix it
    /// Log outcomes and identifiers to the client, never the request's headers, never an exception as it stands.
    ///
    /// # Reference
    /// MCP 2026-07-28, Logging, "Security"; MCP 2025-11-25, Logging, "Security".
    pub struct LogNotifications;
}

const META: Meta = Meta {
    id: "log-notifications",
    requirements: &["mcp-logging-no-secrets"],
    level: Level::Must,
    area: Area::Audit,
    needs: &[Need::ValidToken],
    ..Meta::CALM
};

impl Check for LogNotifications {
    fn meta(&self) -> &'static Meta {
        &META
    }

    async fn run(&self, cx: &Context) -> Verdict {
        let token = cx.served_token().await?;
        let first = if cx.revision().initializes() { Operation::Initialize } else { Operation::Discover };
        let declared = cx.send(&cx.operation(&first).bearer(&token.compact).purpose("what it declares")).await?;
        let begun = Session { id: declared.header("mcp-session-id").map(str::to_owned) };
        cx.end_session(&token.compact, &begun).await;
        if declared.result().unwrap_or_default()["capabilities"]["logging"].is_null() {
            return Err(Stop::not_applicable("the server does not declare the capability logging"));
        }
        // A session of its own: who else uses the survey's asked for no messages.
        let opened = cx.open_session(&token.compact, "the accepted token").await?;
        let session = opened.map_err(|refusal| {
            Stop::inconclusive(format!("the accepted token could open no session: {}", refusal.describe()))
        })?;
        let verdict = messages(cx, &token.compact, &session).await;
        cx.end_session(&token.compact, &session).await;
        let messages = verdict?;
        if messages.is_empty() {
            return Err(Stop::not_applicable("no message came with an answer, though all were asked for"));
        }
        let (_, payload, signature) = token.segments();
        let parts = if token.is_jwt() { vec![payload, signature] } else { vec![token.compact.as_str()] };
        for message in &messages {
            let text = message.to_string();
            let is_shown = |part: &&str| form_in(text.as_bytes(), part).is_some();
            if parts.iter().any(is_shown) {
                return Err(given_away(message, "the token that the call was made with"));
            }
            if let Some(what) = cx.given_away_by(&text) {
                return Err(given_away(message, &what));
            }
            if let Some(sign) = SIGNS.iter().find(|sign| text.contains(**sign)) {
                return Err(given_away(message, &format!("{}, as in a stack trace", quoted(sign))));
            }
        }
        Ok(())
    }
}

/// The log messages that come with the answers to a few calls, good and bad.
async fn messages(cx: &Context, token: &str, session: &Session) -> Result<Vec<Value>, Stop> {
    let post = |operation: &Operation, purpose: &str| -> Request {
        let request = crate::mcp::post(cx.url(), operation, cx.revision(), session).bearer(token);
        let request = request.purpose(format!("{purpose}, all messages asked for"));
        if cx.revision().initializes() {
            return request;
        }
        request.message(|message| message["params"]["_meta"]["io.modelcontextprotocol/logLevel"] = json!("debug"))
    };
    let mut replies = Vec::new();
    if cx.revision().initializes() {
        let level = Map::from_iter([("level".to_owned(), json!("debug"))]);
        let set = cx.send(&post(&Operation::Other("logging/setLevel", level), "logging/setLevel")).await?;
        if set.outcome() != Outcome::Served {
            cx.remark(format!("logging/setLevel got {}", set.describe()));
        }
        replies.push(set);
    }
    let bearing = cx.bearing_operation();
    replies.push(cx.send(&post(bearing, &cx.bearing_name())).await?);
    let nothing = Operation::CallTool { name: format!("conformance-{}", random_id()), arguments: Map::new() };
    replies.push(cx.send(&post(&nothing, "a tool of no server")).await?);
    if let Operation::CallTool { name, .. } = bearing {
        let arguments = Map::from_iter([("conformance".to_owned(), json!([]))]);
        let odd = Operation::CallTool { name: name.clone(), arguments };
        replies.push(cx.send(&post(&odd, "arguments that it does not have")).await?);
    }
    let all = replies.iter().flat_map(crate::reply::Reply::messages);
    Ok(all.filter(|message| message["method"] == "notifications/message").collect())
}

fn given_away(message: &Value, what: &str) -> Stop {
    let logger = message["params"]["logger"].as_str().map(|logger| format!(" of the logger {}", quoted(logger)));
    Stop::violation(
        "log messages without tokens, secrets and internals",
        format!("{what} in a message{}", logger.unwrap_or_default()),
    )
}
