//! Two answers to one question.

use serde_json::Value;

use super::inside;
use crate::check::{Area, Check, Level, Meta, Need, Verdict};
use crate::context::Context;
use crate::page;

page! {
    /// Of a header parameter that stands twice the last counts, or none
    ///
    /// # What it checks
    /// The zone signs the accepted token again, its header naming `alg` twice: the one it is signed with first, none last. It
    /// must be refused.
    ///
    /// # Why it matters
    /// Where one part of a system reads the first and another the last, a token means two things, and somebody profits.
    ///
    /// # How to fix it
    /// Use a JSON parser that refuses doubled names, or one that takes the last.
    ///
    /// # Reference
    /// RFC 7515 section 4.
    pub struct DoubledHeader;
}

const META: Meta = Meta {
    id: "doubled-header-parameter",
    requirements: &["rfc7515-4-duplicate-header-params"],
    level: Level::Must,
    area: Area::TokenValidation,
    needs: &[Need::ZoneControl],
    follows_from: &["garbage-token", "unsigned-token", "tampered-claims"],
    ..Meta::CALM
};

impl Check for DoubledHeader {
    fn meta(&self) -> &'static Meta {
        &META
    }

    async fn run(&self, cx: &Context) -> Verdict {
        let token = cx.accepted_token().await?;
        let rest = Value::Object(token.but(|t| t.without_header("alg")).header).to_string();
        let usual = token.header.get("alg").cloned().unwrap_or_default();
        let header = format!(r#"{{"alg":{usual},{},"alg":"none"}}"#, inside(&rest));
        let payload = Value::Object(token.claims).to_string();
        let doubled = cx.sign_bytes(&header, payload.as_bytes(), "token with alg twice").await?;
        cx.call(&doubled, "a token whose alg is the usual one and then none").await?.expect_refused()
    }
}
