//! The mistake of the field: a token of the right issuer, meant for somebody else.

use crate::check::{Area, Check, Level, Meta, Need, Verdict};
use crate::context::Context;
use crate::page;

page! {
    /// A token issued for another resource is refused
    ///
    /// # What it checks
    /// The zone signs the accepted token again with one thing changed: `aud` names another resource. It must not be
    /// served.
    ///
    /// # Why it matters
    /// A server that skips the audience accepts every token of its issuer, so one careless neighbour can replay its
    /// callers' tokens here.
    ///
    /// # How to fix it
    /// Compare `aud` with your own resource identifier, exactly, after the signature is verified.
    ///
    /// # Reference
    /// MCP 2026-07-28, Authorization, "Token Handling"; RFC 8707 section 2; RFC 9068 section 4.
    pub struct AudienceOther;
}

const META: Meta = Meta {
    id: "audience-other",
    requirements: &["mcp-auth-audience-validated"],
    level: Level::Must,
    area: Area::Audience,
    needs: &[Need::ZoneControl],
    follows_from: &["garbage-token"],
    ..Meta::CALM
};

impl Check for AudienceOther {
    fn meta(&self) -> &'static Meta {
        &META
    }

    async fn run(&self, cx: &Context) -> Verdict {
        let token = cx.accepted_token().await?;
        let draft = token.but(|t| t.claim("aud", "https://other.example/mcp"));
        let other = cx.sign(&draft, "token for another resource").await?;
        cx.call(&other, "a token for another resource").await?.expect_refused()
    }
}
