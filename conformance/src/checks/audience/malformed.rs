//! What names nobody names not us.

use serde_json::json;

use crate::check::{Area, Check, Level, Meta, Need, Verdict};
use crate::context::Context;
use crate::page;

page! {
    /// A token whose audience names no resource is refused
    ///
    /// # What it checks
    /// The zone signs the accepted token again with `aud` a number, a word, and the client that asked for the token.
    /// None may be served.
    ///
    /// # Why it matters
    /// The client as audience is what an ID token has: it says who signed in where, and permits nothing here.
    ///
    /// # How to fix it
    /// Require `aud` to contain your own resource identifier, exactly.
    ///
    /// # Reference
    /// MCP 2026-07-28, Authorization, "Token Handling"; RFC 9068 section 4.
    pub struct AudienceMalformed;
}

const META: Meta = Meta {
    id: "audience-malformed",
    requirements: &["mcp-auth-audience-missing-rejected"],
    level: Level::Must,
    area: Area::Audience,
    needs: &[Need::ZoneControl],
    follows_from: &["garbage-token", "audience-other"],
    ..Meta::CALM
};

impl Check for AudienceMalformed {
    fn meta(&self) -> &'static Meta {
        &META
    }

    async fn run(&self, cx: &Context) -> Verdict {
        let token = cx.accepted_token().await?;
        let client = token.claims.get("client_id").cloned().unwrap_or_else(|| json!("conformance"));
        for (how, value) in [("a number", json!(1)), ("a word", json!("mcp")), ("the client", client)] {
            let odd = cx.sign(&token.but(|t| t.claim("aud", value)), "token whose audience is no resource").await?;
            cx.call(&odd, &format!("a token whose aud is {how}")).await?.expect_refused()?;
        }
        Ok(())
    }
}
