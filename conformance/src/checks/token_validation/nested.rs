//! A signed envelope around an unsigned letter.

use serde_json::Value;

use super::expect_refused_calmly;
use crate::check::{Area, Check, Level, Meta, Need, Verdict};
use crate::context::Context;
use crate::page;

page! {
    /// A token within a token is verified, too
    ///
    /// # What it checks
    /// The zone signs a payload that is itself a token, with the claims of the accepted one and unsigned (`alg` none),
    /// and says so with `cty` JWT. It should not be served.
    ///
    /// # Why it matters
    /// A library that opens the envelope and takes what is inside for verified trusts whoever could have something
    /// signed.
    ///
    /// # How to fix it
    /// Refuse `cty` JWT, or verify the inner token by all the rules for the outer one.
    ///
    /// # Reference
    /// RFC 8725 section 3.3. No MCP revision cites it, and only the zone could make such a token, so this is a warning.
    pub struct NestedToken;
}

const META: Meta = Meta {
    id: "nested-token",
    requirements: &["rfc8725-3.3-nested-validated"],
    level: Level::Should,
    area: Area::TokenValidation,
    needs: &[Need::ZoneControl],
    follows_from: &["garbage-token", "unsigned-token", "tampered-claims"],
    ..Meta::CALM
};

impl Check for NestedToken {
    fn meta(&self) -> &'static Meta {
        &META
    }

    async fn run(&self, cx: &Context) -> Verdict {
        let token = cx.accepted_token().await?;
        let inner = cx.note(token.but(|t| t.header("alg", "none")).with_signature(""), "unsigned token");
        let header = Value::Object(token.but(|t| t.header("cty", "JWT")).header).to_string();
        let nested = cx.sign_bytes(&header, inner.as_bytes(), "token around an unsigned one").await?;
        expect_refused_calmly(&cx.call(&nested, "a signed token around an unsigned one").await?)
    }
}
