//! The state fits one request.

use super::TOOLS;
use crate::check::{Area, Check, Level, Meta, Need, Revisions, Stop, Verdict};
use crate::context::Context;
use crate::inputs::{self, ASKS, Caller, expect_not_taken};
use crate::page;

page! {
    /// A requestState fits the request that it was issued for alone
    ///
    /// # What it checks
    /// The `requestState` of a call is sent back with a call of another declared tool, and with the `other-arguments` of its own,
    /// each with the answers that this call asks for and seen to complete with its own state. Neither should complete. A tool
    /// that completes without its `requestState` shows nothing.
    ///
    /// # Why it matters
    /// What was confirmed for one thing is used for another.
    ///
    /// # How to fix it
    /// Put the method and a digest of the tool's name and arguments into what the state's seal covers, and compare.
    ///
    /// # Reference
    /// MCP 2026-07-28, Multi Round-Trip Requests, "Server Requirements".
    pub struct StateOtherRequest;
}

const META: Meta = Meta {
    id: "request-state-other-request",
    requirements: &["mcp-mrtr-request-state-request-bound"],
    level: Level::Should,
    area: Area::Security,
    needs: &[Need::ValidToken, Need::DeclaredBehaviour],
    revisions: Revisions::Stateless,
    ..Meta::CALM
};

impl Check for StateOtherRequest {
    fn meta(&self) -> &'static Meta {
        &META
    }

    async fn run(&self, cx: &Context) -> Verdict {
        let token = cx.served_token().await?;
        let caller = Caller::begin(cx, &token.compact).await?;
        let flows = inputs::stateful(cx, &caller, ASKS, |_| true, TOOLS).await?;
        let mut others = Vec::new();
        for flow in &flows {
            if let Some(other) = flow.with_other_arguments(cx, &caller).await? {
                others.push((flow, other, "with other arguments"));
            }
        }
        if let [one, another, ..] = &flows[..] {
            others.push((one, another.clone(), "with another tool"));
            others.push((another, one.clone(), "with another tool"));
        }
        if others.is_empty() {
            return Err(Stop::Undeclared { wanted: WANTED });
        }
        for (flow, other, what) in others {
            let pending = other.begin(cx, &caller).await?;
            let state = flow.begin(cx, &caller).await?.state;
            let reply = other.answer_with(cx, &caller, &pending, state.as_deref(), what).await?;
            let state = format!("{} {what}", flow.state_of("a"));
            match expect_not_taken(&reply, &state) {
                Err(Stop::Violation { actual, .. }) => {
                    let expected = "a requestState that fits its own request alone";
                    return Err(Stop::violation(expected, format!("{state} got {actual}")));
                }
                verdict => verdict?,
            }
            other.completes(cx, &caller, "its own requestState (control)").await?;
        }
        Ok(())
    }
}

const WANTED: &str = "second tool with \"asks-for-input = true\", and no \"other-arguments\" of the first";
