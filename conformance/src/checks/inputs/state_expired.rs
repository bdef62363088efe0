//! Yesterday's state is no state.

use std::time::Duration;

use crate::check::{Area, Check, Level, Meta, Need, Revisions, Stop, Verdict};
use crate::context::Context;
use crate::inputs::{self, Caller, expect_not_taken};
use crate::page;

page! {
    /// A requestState is refused once its time is over
    ///
    /// # What it checks
    /// For a tool of which the configuration says after how many seconds its `requestState` has lapsed (`state-lasts`), that time
    /// is waited and the state sent back with the answers. It should not complete the call, which a new one does. More than
    /// fifteen minutes are no short time, and not waited.
    ///
    /// # Why it matters
    /// A state that never lapses can be used for as long as its keys are, by whoever finds it in a log.
    ///
    /// # How to fix it
    /// Put the time at which the state lapses into what its seal covers, minutes from now, and compare it with the clock.
    ///
    /// # Reference
    /// MCP 2026-07-28, Multi Round-Trip Requests, "Server Requirements".
    pub struct StateExpired;
}

const META: Meta = Meta {
    id: "request-state-expired",
    requirements: &["mcp-mrtr-request-state-expiry"],
    level: Level::Should,
    area: Area::Security,
    needs: &[Need::ValidToken, Need::DeclaredBehaviour],
    revisions: Revisions::Stateless,
    ..Meta::CALM
};

impl Check for StateExpired {
    fn meta(&self) -> &'static Meta {
        &META
    }

    async fn run(&self, cx: &Context) -> Verdict {
        let token = cx.served_token().await?;
        let caller = Caller::begin(cx, &token.compact).await?;
        let flows = inputs::stateful(cx, &caller, LASTS, |tool| tool.state_lasts.is_some(), 1).await?;
        for flow in flows {
            let lasts = Duration::from_secs(flow.tool.state_lasts_at_most().unwrap_or_default());
            let pending = flow.begin(cx, &caller).await?;
            tokio::time::sleep(lasts + MARGIN).await;
            let what = format!("after {} s", lasts.as_secs());
            let reply = flow.answer_with(cx, &caller, &pending, pending.state.as_deref(), &what).await?;
            match expect_not_taken(&reply, "a requestState whose time is over") {
                Err(Stop::Violation { actual, .. }) => {
                    let actual = format!("{} {what} got {actual}", flow.state_of("a"));
                    return Err(Stop::violation("a refusal of a requestState whose time is over", actual));
                }
                verdict => verdict?,
            }
            flow.completes(cx, &caller, "the accepted token (control)").await?;
        }
        Ok(())
    }
}

const LASTS: &str = "tool with \"asks-for-input = true\" and \"state-lasts = SECONDS\"";

/// What is waited beyond that time, for clocks that count whole seconds.
const MARGIN: Duration = Duration::from_secs(1);
