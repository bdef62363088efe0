//! The refusal that every client meets once an hour.

use super::{expect_unauthorized, expired, guarded};
use crate::check::{Area, Check, Level, Meta, Need, Verdict};
use crate::context::Context;
use crate::page;

page! {
    /// An expired token is answered 401
    ///
    /// # What it checks
    /// The zone signs the accepted token again, issued two hours ago and expired for one. The answer must be
    /// 401.
    ///
    /// # Why it matters
    /// 401 makes a client refresh its token and go on. With 403, or an error from inside, the user has to
    /// sign in again or is stuck.
    ///
    /// # How to fix it
    /// Treat expiry like any other failure of validation: 401 with `error="invalid_token"`.
    ///
    /// # Reference
    /// MCP 2026-07-28, Authorization, "Token Handling" and "Error Handling"; RFC 6750 section 3.1.
    pub struct ExpiredTokenStatus;
}

const META: Meta = Meta {
    id: "expired-token-status",
    requirements: &["mcp-auth-401-expired-token"],
    level: Level::Must,
    area: Area::Challenge,
    needs: &[Need::ZoneControl],
    follows_from: &["invalid-token-status"],
    ..Meta::CALM
};

impl Check for ExpiredTokenStatus {
    fn meta(&self) -> &'static Meta {
        &META
    }

    async fn run(&self, cx: &Context) -> Verdict {
        guarded(cx).await?;
        let token = expired(cx).await?;
        expect_unauthorized(&cx.call(&token, "an expired token").await?, "an expired token", true)
    }
}
