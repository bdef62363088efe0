//! What comes back was sealed before it went out.

use super::refuses_altered;
use crate::check::{Area, Check, Level, Meta, Need, Revisions, Verdict};
use crate::context::Context;
use crate::page;

page! {
    /// An altered requestState is refused
    ///
    /// # What it checks
    /// For a tool of which the configuration says `state-has-meaning = true`, the `requestState` is changed in one thing: parts of two are put together, a
    /// bit of what it decodes to is flipped, a member of what it says is another, it is cut, its last segment is left out. None
    /// of these may complete the call, which the state as it came does. A tool that completes without any `requestState` shows
    /// nothing.
    ///
    /// # Why it matters
    /// What decides what is done or shown passes through the client. Whoever can change it there decides in place of the
    /// server.
    ///
    /// # How to fix it
    /// Seal the state, with an HMAC or an AEAD under a key of the server's, and check that before anything in it is read.
    ///
    /// # Reference
    /// MCP 2026-07-28, Multi Round-Trip Requests, "Server Requirements".
    pub struct StateAltered;
}

const META: Meta = Meta {
    id: "request-state-altered",
    requirements: &["mcp-mrtr-request-state-integrity"],
    level: Level::Must,
    area: Area::Security,
    needs: &[Need::ValidToken, Need::DeclaredBehaviour],
    revisions: Revisions::Stateless,
    ..Meta::CALM
};

impl Check for StateAltered {
    fn meta(&self) -> &'static Meta {
        &META
    }

    async fn run(&self, cx: &Context) -> Verdict {
        refuses_altered(cx, "tool with \"state-has-meaning = true\"", |tool| tool.state_has_meaning).await
    }
}
