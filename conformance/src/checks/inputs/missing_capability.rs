//! Say what is missing.

use http::StatusCode;
use serde_json::json;

use super::silent;
use crate::check::{Area, Check, Level, Meta, Need, Revisions, Stop, Verdict};
use crate::context::Context;
use crate::inputs::{self, Caller, InputRequest, Step};
use crate::page;
use crate::reply::{Outcome, Reply};
use crate::text::quoted;

page! {
    /// A request that needs a capability of the client says which
    ///
    /// # What it checks
    /// Tools that ask the user are called by a client that declares nothing. The answer must be 400 with JSON-RPC error -32021
    /// and `elicitation` in `data.requiredCapabilities`. A tool that completes without asking is right as well; one that asks
    /// all the same is another check's.
    ///
    /// # Why it matters
    /// Told which capability is missing, a client can offer it or tell its user. Any other error looks like a broken tool.
    ///
    /// # How to fix it
    /// Where a tool cannot go on without asking, compare `clientCapabilities` with what it needs first, and answer with the
    /// error that the specification has for it.
    ///
    /// # Reference
    /// MCP 2026-07-28, Base Protocol, "_meta".
    pub struct MissingCapability;
}

const META: Meta = Meta {
    id: "missing-capability",
    requirements: &["mcp-base-missing-client-capability"],
    level: Level::Must,
    area: Area::Transport,
    needs: &[Need::ValidToken, Need::DeclaredBehaviour],
    revisions: Revisions::Stateless,
    follows_from: &["undeclared-input"],
    ..Meta::CALM
};

impl Check for MissingCapability {
    fn meta(&self) -> &'static Meta {
        &META
    }

    async fn run(&self, cx: &Context) -> Verdict {
        let token = cx.served_token().await?;
        let caller = Caller::begin(cx, &token.compact).await?;
        let (mut asked, failed) = inputs::questions(cx, &caller).await?;
        asked.retain(|question| question.pending.requests.iter().any(InputRequest::is_elicitation));
        let mut judged = false;
        for question in &asked {
            let request = caller.call(cx, question.name, &question.tool.arguments);
            let request = inputs::with_capabilities(request, cx.revision(), &json!({}));
            let what = format!("{} by a client without capabilities", quoted(question.name));
            let reply = cx.send(&request.purpose(format!("tools/call {what}"))).await?;
            match Step::of(&reply) {
                Step::Done => judged = true,
                Step::Asks(_) => {}
                Step::Refused => {
                    expect_named(&reply, &what)?;
                    judged = true;
                }
            }
        }
        if judged {
            return Ok(());
        }
        if asked.is_empty() {
            return Err(silent(cx, "asked its user for anything", &failed));
        }
        Err(Stop::not_applicable("each tool asks all the same, which another check judges"))
    }
}

/// MCP 2026-07-28, "Error Codes".
const MISSING_CAPABILITY: i64 = -32021;

fn expect_named(reply: &Reply, what: &str) -> Verdict {
    let is_elsewhere = matches!(reply.outcome(), Outcome::Unauthorized | Outcome::Forbidden | Outcome::ServerError);
    if is_elsewhere || reply.is_in_front() || reply.status.is_redirection() {
        return Err(Stop::inconclusive(format!("{what} got {}", reply.describe())));
    }
    let error = reply.message().map(|message| message["error"].clone()).unwrap_or_default();
    let names = !error["data"]["requiredCapabilities"]["elicitation"].is_null();
    if reply.status == StatusCode::BAD_REQUEST && error["code"] == MISSING_CAPABILITY && names {
        return Ok(());
    }
    let code = reply.error_code().map_or("no code".to_owned(), |code| format!("code {code}"));
    let named = if names { "elicitation" } else { "no elicitation" };
    let expected = format!("400 with JSON-RPC error -32021 that requires elicitation, for {what}");
    Err(Stop::violation(expected, format!("{}, {code}, {named} in data.requiredCapabilities", reply.describe())))
}
