//! My handle is mine.

use super::Issuer;
use crate::check::{Area, Check, Level, Meta, Need, Revisions, Verdict};
use crate::checks::security::shut;
use crate::context::Context;
use crate::inputs;
use crate::page;

page! {
    /// A state handle is refused to another user
    ///
    /// # What it checks
    /// A declared tool issues a handle to the user of the accepted token, and one to another user; each is served with their own.
    /// Then the second presents the first one's, which should be refused. Where a handle that was never issued is served as
    /// well, this shows nothing.
    ///
    /// # Why it matters
    /// Whoever guesses a handle, or finds it in a log, sees and changes another user's state.
    ///
    /// # How to fix it
    /// Key what is stored by the subject of the verified token and the handle together.
    ///
    /// # Reference
    /// MCP Security Best Practices, "State Handle Hijacking".
    pub struct HandleOtherUser;
}

const META: Meta = Meta {
    id: "handle-other-user",
    requirements: &["sbp-state-handle-bound-to-user"],
    level: Level::Should,
    area: Area::Security,
    needs: &[Need::ZoneControl, Need::DeclaredBehaviour],
    revisions: Revisions::Stateless,
    ..Meta::CALM
};

impl Check for HandleOtherUser {
    fn meta(&self) -> &'static Meta {
        &META
    }

    async fn run(&self, cx: &Context) -> Verdict {
        let token = cx.accepted_token().await?;
        let other = inputs::another_user(cx, &token).await?;
        for issuer in Issuer::all(cx)? {
            let handle = issuer.issue(cx, &token.compact).await?;
            issuer.expect_served(cx, &handle, &token.compact, "its user's").await?;
            let others = issuer.issue(cx, &other).await?;
            issuer.expect_served(cx, &others, &other, "another user's").await?;
            issuer.expect_made_up_refused(cx, &handle, Some(&other)).await?;
            let what = "another user's handle";
            let reply = cx.send(&issuer.presents(cx, &handle).bearer(&other).purpose(what)).await?;
            shut(&reply, what)?;
        }
        Ok(())
    }
}
