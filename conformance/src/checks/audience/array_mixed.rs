//! One token, two resources.

use serde_json::json;

use super::own;
use crate::check::{Area, Check, Level, Meta, Need, Verdict};
use crate::context::Context;
use crate::page;

page! {
    /// An audience array that holds the server among others is accepted
    ///
    /// # What it checks
    /// The zone signs the accepted token again with `aud` as an array of the resource and another one, in both
    /// orders. Both should be served.
    ///
    /// # Why it matters
    /// A server that reads the first element only works or fails by the order in which a zone happens to write them.
    ///
    /// # How to fix it
    /// Look for your resource identifier anywhere in the array. If you want tokens for yourself alone, say so in your
    /// documentation.
    ///
    /// # Reference
    /// RFC 7519 section 4.1.3. OAuth 2.1 section 7.1.4 lets a server want tokens for itself alone, so this is a
    /// warning.
    pub struct AudienceArrayMixed;
}

const META: Meta = Meta {
    id: "audience-array-mixed",
    requirements: &["rfc7519-4.1.3-aud-array"],
    level: Level::Should,
    area: Area::Audience,
    needs: &[Need::ZoneControl],
    follows_from: &["audience-array-own"],
    ..Meta::CALM
};

impl Check for AudienceArrayMixed {
    fn meta(&self) -> &'static Meta {
        &META
    }

    async fn run(&self, cx: &Context) -> Verdict {
        let token = cx.accepted_token().await?;
        let own = own(&token);
        let other = json!("https://other.example/mcp");
        for mixed in [json!([own, other]), json!([other, own])] {
            let listed = cx.sign(&token.but(|t| t.claim("aud", mixed)), "token for several resources").await?;
            cx.call(&listed, "a token for the resource and another one").await?.expect_served()?;
        }
        Ok(())
    }
}
