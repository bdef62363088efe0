//! Nobody asks, but it must be readable.

use super::expect_calm;
use crate::check::{Area, Check, Level, Meta, Need, Verdict};
use crate::context::Context;
use crate::page;

page! {
    /// A token whose `iat` is text does not make the server fail
    ///
    /// # What it checks
    /// The zone signs the accepted token again with `iat` as text. The server should not fail; whether it served the
    /// request is reported.
    ///
    /// # Why it matters
    /// Code that reads claims by type stumbles where nobody looked before.
    ///
    /// # How to fix it
    /// Read claims defensively; what has the wrong type is a reason for 401.
    ///
    /// # Reference
    /// RFC 7519 section 4.1.6.
    pub struct IatType;
}

const META: Meta = Meta {
    id: "iat-type",
    requirements: &["rfc7519-4.1.6-iat-number"],
    level: Level::Should,
    area: Area::TokenValidation,
    needs: &[Need::ZoneControl],
    ..Meta::CALM
};

impl Check for IatType {
    fn meta(&self) -> &'static Meta {
        &META
    }

    async fn run(&self, cx: &Context) -> Verdict {
        let token = cx.accepted_token().await?;
        let text = cx.now().to_string();
        let odd = cx.sign(&token.but(|t| t.claim("iat", text)), "token whose iat is text").await?;
        let what = "a token whose iat is text";
        expect_calm(cx, &cx.call(&odd, what).await?, what)
    }
}
