//! A state that decides nothing need not be sealed.

use super::refuses_altered;
use crate::check::{Area, Check, Level, Meta, Need, Revisions, Verdict};
use crate::context::Context;
use crate::inputs::ASKS;
use crate::page;

page! {
    /// An altered requestState is refused by tools of which nothing is said
    ///
    /// # What it checks
    /// For tools that ask for input and are not declared `state-has-meaning = true`, the `requestState` is changed in one thing: parts of two are put together, a
    /// bit of what it decodes to is flipped, a member of what it says is another, it is cut, its last segment is left out. None
    /// of these may complete the call, which the state as it came does. A tool that completes without any `requestState` shows
    /// nothing. That one does is reported and no
    /// more: integrity protection may be left out where tampering can only make the request fail.
    ///
    /// # Why it matters
    /// Whether a state decides anything, nobody sees from outside. Where it does, the server must seal it.
    ///
    /// # How to fix it
    /// Seal the state, or make sure that nothing follows from what it says. Where something does, say so in conformance.toml.
    ///
    /// # Reference
    /// MCP 2026-07-28, Multi Round-Trip Requests, "Server Requirements".
    pub struct StateAlteredIdle;
}

const META: Meta = Meta {
    id: "request-state-altered-elsewhere",
    requirements: &["mcp-mrtr-request-state-integrity"],
    level: Level::May,
    area: Area::Security,
    needs: &[Need::ValidToken, Need::DeclaredBehaviour],
    revisions: Revisions::Stateless,
    follows_from: &["request-state-altered"],
    ..Meta::CALM
};

impl Check for StateAlteredIdle {
    fn meta(&self) -> &'static Meta {
        &META
    }

    async fn run(&self, cx: &Context) -> Verdict {
        refuses_altered(cx, ASKS, |tool| !tool.state_has_meaning).await
    }
}
