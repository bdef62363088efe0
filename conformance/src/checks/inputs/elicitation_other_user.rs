//! The answer is of the one who was asked.

use super::taken_from_another;
use crate::check::{Area, Check, Level, Meta, Need, Revisions, Verdict};
use crate::context::Context;
use crate::page;

page! {
    /// An elicitation is answered by the user who was asked
    ///
    /// # What it checks
    /// A tool asks the user of the accepted token, and another user, who was seen to complete the tool by themselves, answers
    /// with their own token and the first one's `requestState`. That may not complete the call. A tool that completes without
    /// its `requestState` shows nothing.
    ///
    /// # Why it matters
    /// Whoever gets hold of a question answers it for someone else: confirms what they did not, or takes what was meant for
    /// them.
    ///
    /// # How to fix it
    /// Put the subject and the client of the verified token into the sealed `requestState`, or store them with the question, and
    /// compare both when the answer comes.
    ///
    /// # Reference
    /// MCP 2026-07-28, Elicitation, "Security Considerations".
    pub struct ElicitationOtherUser;
}

const META: Meta = Meta {
    id: "elicitation-other-user",
    requirements: &["mcp-elicitation-bound-to-identity"],
    level: Level::Must,
    area: Area::Security,
    needs: &[Need::ZoneControl, Need::DeclaredBehaviour],
    revisions: Revisions::Stateless,
    ..Meta::CALM
};

impl Check for ElicitationOtherUser {
    fn meta(&self) -> &'static Meta {
        &META
    }

    async fn run(&self, cx: &Context) -> Verdict {
        taken_from_another(cx, |flow| flow.elicits, "an elicitation answered by the user who was asked alone").await
    }
}
