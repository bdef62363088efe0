//! Zones add claims over time.

use serde_json::json;

use crate::check::{Area, Check, Level, Meta, Need, Verdict};
use crate::context::Context;
use crate::page;

page! {
    /// Claims that the server does not know do no harm
    ///
    /// # What it checks
    /// The zone signs the accepted token again with ten more claims, of every JSON type, under names that nobody
    /// registered. It must be served.
    ///
    /// # Why it matters
    /// Authorization servers add claims without notice; a server that refuses them goes down on that day.
    ///
    /// # How to fix it
    /// Ignore claims that you do not know.
    ///
    /// # Reference
    /// RFC 7519 section 4.
    pub struct UnknownClaims;
}

const META: Meta = Meta {
    id: "unknown-claims",
    requirements: &["rfc7519-4-unknown-claims-ignored"],
    level: Level::Must,
    area: Area::TokenValidation,
    needs: &[Need::ZoneControl],
    ..Meta::CALM
};

impl Check for UnknownClaims {
    fn meta(&self) -> &'static Meta {
        &META
    }

    async fn run(&self, cx: &Context) -> Verdict {
        let token = cx.accepted_token().await?;
        let values = [
            json!("text"),
            json!(""),
            json!(1),
            json!(-1.5),
            json!(true),
            json!(null),
            json!([]),
            json!([1, "two"]),
            json!({}),
            json!({"a": {"b": 1}}),
        ];
        let draft = token.but(|t| {
            for (number, value) in values.iter().enumerate() {
                t.claim(&format!("urn:example:conformance:{number}"), value.clone());
            }
        });
        let richer = cx.sign(&draft, "token with unknown claims").await?;
        cx.call(&richer, "a token with ten unknown claims").await?.expect_served()
    }
}
