//! An array of others is still for others.

use serde_json::json;

use crate::check::{Area, Check, Level, Meta, Need, Verdict};
use crate::context::Context;
use crate::page;

page! {
    /// An audience array without the server is refused
    ///
    /// # What it checks
    /// The zone signs the accepted token again with `aud` as an array of one and of two other resources. Neither may
    /// be served.
    ///
    /// # Why it matters
    /// A comparison that only understands strings may skip arrays altogether, and with them the check.
    ///
    /// # How to fix it
    /// Refuse the token unless one element equals your resource identifier.
    ///
    /// # Reference
    /// RFC 7519 section 4.1.3; MCP 2026-07-28, Authorization, "Token Handling".
    pub struct AudienceArrayOther;
}

const META: Meta = Meta {
    id: "audience-array-other",
    requirements: &["rfc7519-4.1.3-aud-array"],
    level: Level::Must,
    area: Area::Audience,
    needs: &[Need::ZoneControl],
    follows_from: &["garbage-token", "audience-other"],
    ..Meta::CALM
};

impl Check for AudienceArrayOther {
    fn meta(&self) -> &'static Meta {
        &META
    }

    async fn run(&self, cx: &Context) -> Verdict {
        let token = cx.accepted_token().await?;
        let (one, two) = ("https://other.example/mcp", "https://another.example/mcp");
        for others in [json!([one]), json!([one, two])] {
            let listed =
                cx.sign(&token.but(|t| t.claim("aud", others.clone())), "token for an array of others").await?;
            cx.call(&listed, &format!("a token whose aud is {others}")).await?.expect_refused()?;
        }
        Ok(())
    }
}
