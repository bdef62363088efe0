//! Once is once.

use super::{TOOLS, completed};
use crate::check::{Area, Check, Level, Meta, Need, Revisions, Stop, Verdict};
use crate::context::Context;
use crate::inputs::{self, ASKS, Caller, expect_not_taken};
use crate::page;

page! {
    /// A requestState that may be used once is taken once
    ///
    /// # What it checks
    /// For a tool of which the configuration says `one-time = true`, a call is answered and completes. Then the same answers are
    /// sent again with the same `requestState`: that may not complete. Another result counts as another time, also where it is
    /// the same as the first. A tool that completes without its `requestState` shows nothing.
    ///
    /// # Why it matters
    /// A voucher is redeemed twice, a payment made twice. A seal and an expiry do not prevent that.
    ///
    /// # How to fix it
    /// Give each state an id, store the ids that were used until they lapse, and refuse one that is stored, in one step with the
    /// deed.
    ///
    /// # Reference
    /// MCP 2026-07-28, Multi Round-Trip Requests, "Server Requirements".
    pub struct StateReused;
}

const META: Meta = Meta {
    id: "request-state-reused",
    requirements: &["mcp-mrtr-single-use"],
    level: Level::Must,
    area: Area::Security,
    needs: &[Need::ValidToken, Need::DeclaredBehaviour],
    revisions: Revisions::Stateless,
    ..Meta::CALM
};

impl Check for StateReused {
    fn meta(&self) -> &'static Meta {
        &META
    }

    async fn run(&self, cx: &Context) -> Verdict {
        let asking = cx.declared().tools_that(ASKS, |tool| tool.asks_for_input)?;
        if !asking.iter().any(|(_, tool)| tool.one_time) {
            return Err(Stop::not_applicable("no tool is declared to be \"one-time\""));
        }
        let token = cx.served_token().await?;
        let caller = Caller::begin(cx, &token.compact).await?;
        for flow in inputs::stateful(cx, &caller, ASKS, |tool| tool.one_time, TOOLS).await? {
            let pending = flow.begin(cx, &caller).await?;
            let state = pending.state.as_deref();
            let first = flow.answer_with(cx, &caller, &pending, state, "the first time (control)").await?;
            completed(&first, "a requestState that was never used")?;
            let second = flow.answer_with(cx, &caller, &pending, state, "the second time").await?;
            match expect_not_taken(&second, "a requestState that was used") {
                Err(Stop::Violation { actual, .. }) => {
                    let actual = format!("{} got {actual} a second time", flow.state_of("a"));
                    return Err(Stop::violation("a refusal of a requestState that was used", actual));
                }
                verdict => verdict?,
            }
        }
        Ok(())
    }
}
