//! The general case of the claim is an array.

use serde_json::json;

use super::own;
use crate::check::{Area, Check, Level, Meta, Need, Verdict};
use crate::context::Context;
use crate::page;

page! {
    /// An audience array that holds the server alone is accepted
    ///
    /// # What it checks
    /// The zone signs the accepted token again with `aud` as an array of one: the same resource. It must be served.
    ///
    /// # Why it matters
    /// RFC 7519 makes the array the general case, and zones issue it as soon as a token serves two resources. A
    /// server that only reads strings goes down then.
    ///
    /// # How to fix it
    /// Look for your resource identifier in the array; a string is the short form of an array of one.
    ///
    /// # Reference
    /// RFC 7519 section 4.1.3.
    pub struct AudienceArrayOwn;
}

const META: Meta = Meta {
    id: "audience-array-own",
    requirements: &["rfc7519-4.1.3-aud-array"],
    level: Level::Must,
    area: Area::Audience,
    needs: &[Need::ZoneControl],
    ..Meta::CALM
};

impl Check for AudienceArrayOwn {
    fn meta(&self) -> &'static Meta {
        &META
    }

    async fn run(&self, cx: &Context) -> Verdict {
        let token = cx.accepted_token().await?;
        let own = own(&token);
        let listed = cx.sign(&token.but(|t| t.claim("aud", json!([own]))), "token with an audience array").await?;
        cx.call(&listed, "a token whose aud is an array of the resource alone").await?.expect_served()
    }
}
