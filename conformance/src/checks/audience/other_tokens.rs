//! Right zone, wrong kind.

use serde_json::json;

use crate::check::{Area, Check, Level, Meta, Need, Verdict};
use crate::context::Context;
use crate::page;
use crate::survey::random_id;

page! {
    /// What the zone gave a client for itself is refused
    ///
    /// # What it checks
    /// The zone signs an ID token as zones issue it: for the same user, `aud` the client. It, and an opaque word such
    /// as a refresh token is, must not be served.
    ///
    /// # Why it matters
    /// Clients keep ID tokens and refresh tokens in other places than access tokens, and show the former to third
    /// parties.
    ///
    /// # How to fix it
    /// Accept your own resource identifier as audience only.
    ///
    /// # Reference
    /// MCP 2026-07-28, Authorization, "Token Handling".
    pub struct OtherTokens;
}

const META: Meta = Meta {
    id: "other-tokens",
    requirements: &["mcp-auth-no-other-tokens"],
    level: Level::Must,
    area: Area::Audience,
    needs: &[Need::ZoneControl],
    follows_from: &["garbage-token", "garbage-token-crash", "audience-other", "audience-malformed"],
    ..Meta::CALM
};

impl Check for OtherTokens {
    fn meta(&self) -> &'static Meta {
        &META
    }

    async fn run(&self, cx: &Context) -> Verdict {
        let token = cx.accepted_token().await?;
        let client = token.claims.get("client_id").cloned().unwrap_or_else(|| json!("conformance"));
        let draft = token.but(|t| {
            t.header("typ", "JWT");
            t.claim("aud", client);
            for claim in ["client_id", "scope", "jti"] {
                t.without_claim(claim);
            }
            t.claim("auth_time", cx.now());
            t.claim("nonce", random_id());
        });
        let id_token = cx.sign(&draft, "ID token").await?;
        cx.call_as_another(&id_token, "an ID token").await?.expect_refused()?;
        // The same again in an access token's clothes: only the audience tells it.
        let client = token.claims.get("client_id").cloned().unwrap_or_else(|| json!("conformance"));
        let alike = cx.sign(&token.but(|t| t.claim("aud", client)), "token for the client").await?;
        cx.call(&alike, "a token whose audience is the client").await?.expect_refused()?;
        let opaque = cx.note(random_id(), "opaque word");
        cx.call(&opaque, "an opaque word, as a refresh token is").await?.expect_refused()
    }
}
