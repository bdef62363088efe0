//! What the server calls is not what it is.

use crate::check::{Area, Check, Level, Meta, Need, Verdict};
use crate::context::Context;
use crate::page;

page! {
    /// A token for an API behind the server is refused
    ///
    /// # What it checks
    /// The zone knows another resource, an API such as a server calls on a user's behalf (with --launch it is the one
    /// in UPSTREAM_URL). A token for it, otherwise as the accepted one, must not be served.
    ///
    /// # Why it matters
    /// A server that takes tokens for its upstream becomes a way around whoever guards it: tokens are then passed
    /// through instead of exchanged.
    ///
    /// # How to fix it
    /// Accept your own resource identifier as audience only; get tokens for upstream APIs by token exchange.
    ///
    /// # Reference
    /// MCP Security Best Practices, "Token Passthrough".
    pub struct AudienceUpstream;
}

const META: Meta = Meta {
    id: "audience-upstream",
    requirements: &["sbp-token-passthrough"],
    level: Level::Must,
    area: Area::Audience,
    needs: &[Need::ZoneControl],
    follows_from: &["garbage-token", "audience-other"],
    ..Meta::CALM
};

impl Check for AudienceUpstream {
    fn meta(&self) -> &'static Meta {
        &META
    }

    async fn run(&self, cx: &Context) -> Verdict {
        let token = cx.accepted_token().await?;
        let upstream = cx.options().upstream.as_deref().unwrap_or(AN_API);
        cx.zone()?.register_resource(upstream).await?;
        let passed_on = cx.sign(&token.but(|t| t.claim("aud", upstream)), "token for an upstream API").await?;
        cx.call(&passed_on, "a token for an API behind the server").await?.expect_refused()
    }
}

/// An API that nobody runs, for servers of which no upstream is known.
const AN_API: &str = "https://api.conformance.example/v1";
