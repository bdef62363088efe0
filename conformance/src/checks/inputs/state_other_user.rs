//! The state is of the one who got it.

use super::taken_from_another;
use crate::check::{Area, Check, Level, Meta, Need, Revisions, Verdict};
use crate::context::Context;
use crate::page;

page! {
    /// A requestState is refused to another user
    ///
    /// # What it checks
    /// A tool is called with the accepted token, and its `requestState` sent back with a token of another user, who was seen to
    /// complete the tool by themselves. That should not complete the call. A tool that completes without its `requestState`
    /// shows nothing.
    ///
    /// # Why it matters
    /// A `requestState` passes through the client, and whoever has it goes on with what another user began.
    ///
    /// # How to fix it
    /// Put the principal of the verified token into what the state's seal covers, and refuse it to any other.
    ///
    /// # Reference
    /// MCP 2026-07-28, Multi Round-Trip Requests, "Server Requirements".
    pub struct StateOtherUser;
}

const META: Meta = Meta {
    id: "request-state-other-user",
    requirements: &["mcp-mrtr-request-state-principal"],
    level: Level::Should,
    area: Area::Security,
    needs: &[Need::ZoneControl, Need::DeclaredBehaviour],
    revisions: Revisions::Stateless,
    follows_from: &["elicitation-other-user"],
    ..Meta::CALM
};

impl Check for StateOtherUser {
    fn meta(&self) -> &'static Meta {
        &META
    }

    async fn run(&self, cx: &Context) -> Verdict {
        taken_from_another(cx, |_| true, "a requestState refused to any other user").await
    }
}
