//! The zone is not the server.

use crate::check::{Area, Check, Level, Meta, Need, Stop, Verdict};
use crate::context::Context;
use crate::page;

page! {
    /// A token meant for the zone itself is refused
    ///
    /// # What it checks
    /// The zone signs the accepted token again with its own issuer as `aud`: a token for the zone's own endpoints. It
    /// must not be served. Where such tokens are what the server accepts in the first place, the check does not
    /// apply.
    ///
    /// # Why it matters
    /// Such a token was issued for another purpose, such as reading a profile. Any service that gets one could call
    /// your tools with it.
    ///
    /// # How to fix it
    /// Accept your own resource identifier alone. Older Keycard integrations also let the zone in; ask for tokens
    /// with a `resource` and take that exception out.
    ///
    /// # Reference
    /// MCP 2026-07-28, Authorization, "Token Handling"; RFC 8707 section 2.
    pub struct AudienceIssuer;
}

const META: Meta = Meta {
    id: "audience-issuer",
    requirements: &["mcp-auth-audience-missing-rejected"],
    level: Level::Must,
    area: Area::Audience,
    needs: &[Need::ZoneControl],
    follows_from: &["garbage-token", "audience-other"],
    ..Meta::CALM
};

impl Check for AudienceIssuer {
    fn meta(&self) -> &'static Meta {
        &META
    }

    async fn run(&self, cx: &Context) -> Verdict {
        let token = cx.accepted_token().await?;
        let issuer = cx.zone()?.issuer().to_owned();
        if token.claims.get("aud").is_some_and(|aud| *aud == issuer) {
            return Err(Stop::not_applicable("the zone itself is the audience that this server accepts"));
        }
        let odd = cx.sign(&token.but(|t| t.claim("aud", issuer)), "token for the zone itself").await?;
        cx.call(&odd, "a token whose aud is the zone").await?.expect_refused()
    }
}
