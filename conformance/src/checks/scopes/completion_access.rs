//! Suggestions tell.

use serde_json::{Map, Value, json};

use super::Together;
use crate::caller::{Caller, declares, expect_denied};
use crate::check::{Area, Check, Level, Meta, Need, Stop, Verdict};
use crate::context::Context;
use crate::declared::Completion;
use crate::mcp::Operation;
use crate::page;
use crate::reply::{Outcome, Reply};
use crate::text::quoted;
use crate::token::Token;

page! {
    /// Completions show nobody what they may not see
    ///
    /// # What it checks
    /// For each `[[completions]]` of `conformance.toml` the zone signs the accepted token again with the claims of
    /// `denied-to`. The server must serve that token on what is for everybody. `completion/complete` must suggest
    /// `secret` to the accepted token, or the check is inconclusive, and must not suggest it to the other.
    ///
    /// # Why it matters
    /// Names of projects, customers and accounts are told by a completion to anybody who types a letter.
    ///
    /// # How to fix it
    /// Draw suggestions from what the verified user may see, by the same rule that guards the thing itself.
    ///
    /// # Reference
    /// MCP 2026-07-28, Completion, "Security".
    pub struct CompletionAccess;
}

const META: Meta = Meta {
    id: "completion-access",
    requirements: &["mcp-completion-access-control"],
    level: Level::Must,
    area: Area::Scopes,
    // And a declaration, but of a server that has completions: of another there is nothing to declare.
    needs: &[Need::ZoneControl],
    follows_from: &["garbage-token"],
    ..Meta::CALM
};

impl Check for CompletionAccess {
    fn meta(&self) -> &'static Meta {
        &META
    }

    async fn run(&self, cx: &Context) -> Verdict {
        let token = cx.accepted_token().await?;
        let completions = &cx.declared().completions;
        if completions.is_empty() {
            return Err(match declares(cx, &token, "completions").await? {
                Some(false) => Stop::not_applicable("the server declares no completions"),
                _ => Stop::Undeclared { wanted: "completion" },
            });
        }
        let mut all = Together::default();
        for completion in completions {
            all.add(judge(cx, &token, completion).await);
        }
        all.verdict()
    }
}

async fn judge(cx: &Context, token: &Token, completion: &Completion) -> Verdict {
    let operation = operation(completion);
    let stranger = Caller::with_claims(cx, token, &completion.denied_to, &operation).await?;
    let own = Caller::accepted(cx, token).ask(&operation, " (control)").await?;
    if !suggests(&own, &completion.secret) {
        if declares(cx, token, "completions").await? == Some(false) {
            return Err(Stop::not_applicable("the server declares no completions"));
        }
        let how = if own.outcome() == Outcome::Served { "a result without it".to_owned() } else { own.describe() };
        let because = format!("the accepted token, which may see {}, got {how}", quoted(&completion.secret));
        return Err(Stop::inconclusive(because));
    }
    let reply = stranger.ask(&operation, "").await?;
    let what = format!("the suggestion {} to {}", quoted(&completion.secret), stranger.who());
    if suggests(&reply, &completion.secret) {
        return Err(Stop::violation(format!("no sign of {what}"), "it is among the suggestions"));
    }
    // Suggestions without the secret are as good as a refusal.
    if reply.outcome() == Outcome::Served { Ok(()) } else { expect_denied(&reply, &what) }
}

fn operation(completion: &Completion) -> Operation {
    let reference = match (&completion.prompt, &completion.resource) {
        (Some(prompt), _) => json!({"type": "ref/prompt", "name": prompt}),
        (None, resource) => json!({"type": "ref/resource", "uri": resource}),
    };
    let argument = json!({"name": completion.argument, "value": completion.value});
    let params = [("ref".to_owned(), reference), ("argument".to_owned(), argument)];
    Operation::Other("completion/complete", Map::from_iter(params))
}

/// Whether the answer suggests this, served or not.
fn suggests(reply: &Reply, secret: &str) -> bool {
    let values = reply.result().unwrap_or_default()["completion"]["values"].take();
    values.as_array().into_iter().flatten().filter_map(Value::as_str).any(|value| value == secret)
}
