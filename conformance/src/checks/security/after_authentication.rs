//! Trust is not remembered.

use crate::check::{Area, Check, Level, Meta, Need, Verdict};
use crate::context::Context;
use crate::page;

page! {
    /// A request without a token is refused after one with a token was served
    ///
    /// # What it checks
    /// The accepted token is used, then the same request is sent without any, in the same session where there is one.
    /// It must be refused.
    ///
    /// # Why it matters
    /// A server that remembers who was authenticated, by session or connection, serves whoever gets hold of that
    /// session or shares that connection.
    ///
    /// # How to fix it
    /// Verify the token on every request; never let a session or a connection stand in for it.
    ///
    /// # Reference
    /// MCP Security Best Practices, "Session Hijacking"; OAuth 2.1 section 5.2.
    pub struct AfterAuthentication;
}

const META: Meta = Meta {
    id: "after-authentication",
    requirements: &["sbp-verify-all-requests"],
    level: Level::Must,
    area: Area::Security,
    needs: &[Need::ValidToken],
    follows_from: &["no-token"],
    ..Meta::CALM
};

impl Check for AfterAuthentication {
    fn meta(&self) -> &'static Meta {
        &META
    }

    async fn run(&self, cx: &Context) -> Verdict {
        cx.accepted_credential().await?;
        let request = cx.bearing().purpose(format!("{} without a token, right after one with it", cx.bearing_name()));
        cx.send(&request).await?.expect_refused()
    }
}
