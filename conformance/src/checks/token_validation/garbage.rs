//! The coarsest failure: a server that looks at whether there is a token and not at the token.

use async_trait::async_trait;

use crate::check::{Area, Check, Level, Meta, Need, Verdict};
use crate::context::Context;
use crate::page;

page! {
    /// A token that is no token is refused
    ///
    /// # What it checks
    /// In place of the accepted token the request carries a word that is no JWT. It must not be served.
    ///
    /// # Why it matters
    /// A server that serves it only looks whether there is a header. Anybody can send one.
    ///
    /// # How to fix it
    /// Let a JWT library parse and verify the token before anything else happens, and answer 401 when it fails.
    ///
    /// # Reference
    /// MCP 2026-07-28, Authorization, "Token Handling"; OAuth 2.1 section 5.2; RFC 7519 section 7.2.
    pub struct GarbageToken;
}

const META: Meta = Meta {
    id: "garbage-token",
    requirements: &["rfc7519-7.2-malformed-rejected"],
    level: Level::Must,
    area: Area::TokenValidation,
    needs: &[Need::ValidToken],
    ..Meta::CALM
};

#[async_trait]
impl Check for GarbageToken {
    fn meta(&self) -> &'static Meta {
        &META
    }

    async fn run(&self, cx: &Context) -> Verdict {
        cx.accepted_token().await?;
        let reply = cx.call("not-a-token", "a word that is no token").await?;
        reply.expect_refused()
    }
}
