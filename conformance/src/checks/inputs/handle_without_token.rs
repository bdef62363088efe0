//! To hold a handle is not to be somebody.

use super::Issuer;
use crate::check::{Area, Check, Level, Meta, Need, Revisions, Verdict};
use crate::checks::security::shut;
use crate::context::Context;
use crate::page;

page! {
    /// A state handle is no substitute for a token
    ///
    /// # What it checks
    /// A declared tool issues a handle, which another one takes, and serves with the accepted token. Then the handle is presented
    /// without any token and with a word that is none: both must be refused. Where a handle that was never issued is served
    /// without a token too, this shows nothing.
    ///
    /// # Why it matters
    /// Handles pass through models, logs and chats. One that opens the door is a password that nobody guards.
    ///
    /// # How to fix it
    /// Verify the token of every request first, and look a handle up only for whom it names.
    ///
    /// # Reference
    /// MCP Security Best Practices, "State Handle Hijacking".
    pub struct HandleWithoutToken;
}

const META: Meta = Meta {
    id: "handle-without-token",
    requirements: &["sbp-state-handle-not-authentication"],
    level: Level::Must,
    area: Area::Security,
    needs: &[Need::ValidToken, Need::DeclaredBehaviour],
    revisions: Revisions::Stateless,
    follows_from: &["no-token"],
    ..Meta::CALM
};

impl Check for HandleWithoutToken {
    fn meta(&self) -> &'static Meta {
        &META
    }

    async fn run(&self, cx: &Context) -> Verdict {
        let token = cx.served_token().await?;
        for issuer in Issuer::all(cx)? {
            let handle = issuer.issue(cx, &token.compact).await?;
            issuer.expect_served(cx, &handle, &token.compact, "its user's").await?;
            issuer.expect_made_up_refused(cx, &handle, None).await?;
            let bare = issuer.presents(cx, &handle);
            for (what, request) in [("no token", bare.clone()), ("a word that is no token", bare.bearer("not-a-token"))]
            {
                let what = format!("a handle with {what}");
                let reply = cx.send(&request.purpose(&what)).await?;
                shut(&reply, &what)?;
            }
        }
        Ok(())
    }
}
