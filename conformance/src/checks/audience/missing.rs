//! A token for nobody is not a token for us.

use serde_json::{Value, json};

use crate::check::{Area, Check, Level, Meta, Need, Verdict};
use crate::context::Context;
use crate::page;

page! {
    /// A token without an audience is refused
    ///
    /// # What it checks
    /// The zone signs the accepted token again with `aud` absent, null, an empty string and an empty array. None may
    /// be served.
    ///
    /// # Why it matters
    /// Many libraries compare the audience only where there is one, so a token for nobody passes for a token for you.
    ///
    /// # How to fix it
    /// Require the claim, and require it to contain your own resource identifier.
    ///
    /// # Reference
    /// MCP 2026-07-28, Authorization, "Token Handling"; RFC 9068 section 4.
    pub struct AudienceMissing;
}

const META: Meta = Meta {
    id: "audience-missing",
    requirements: &["mcp-auth-audience-missing-rejected"],
    level: Level::Must,
    area: Area::Audience,
    needs: &[Need::ZoneControl],
    follows_from: &["garbage-token", "audience-other"],
    ..Meta::CALM
};

impl Check for AudienceMissing {
    fn meta(&self) -> &'static Meta {
        &META
    }

    async fn run(&self, cx: &Context) -> Verdict {
        let token = cx.accepted_token().await?;
        let values = [
            ("absent", None),
            ("null", Some(Value::Null)),
            ("empty", Some(json!(""))),
            ("an empty array", Some(json!([]))),
        ];
        for (how, value) in values {
            let draft = token.but(|t| match &value {
                Some(value) => t.claim("aud", value.clone()),
                None => t.without_claim("aud"),
            });
            let odd = cx.sign(&draft, "token without an audience").await?;
            cx.call(&odd, &format!("a token whose aud is {how}")).await?.expect_refused()?;
        }
        Ok(())
    }
}
