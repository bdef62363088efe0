//! Two names of one type.

use serde_json::Value;

use crate::check::{Area, Check, Level, Meta, Need, Stop, Verdict};
use crate::context::Context;
use crate::page;
use crate::reply::Outcome;

page! {
    /// A token typed application/at+jwt is served
    ///
    /// # What it checks
    /// The zone signs the accepted token again with the type's long form. It should be served where at+jwt is.
    ///
    /// # Why it matters
    /// Zones may write either form.
    ///
    /// # How to fix it
    /// Take `application/` off the front of `typ` before you compare it.
    ///
    /// # Reference
    /// RFC 9068 section 4; RFC 7515 section 4.1.9. MCP does not require the profile, so this is a warning.
    pub struct TypePrefix;
}

const META: Meta = Meta {
    id: "token-type-long-form",
    requirements: &["rfc9068-4-typ-application-prefix"],
    level: Level::Should,
    area: Area::TokenValidation,
    needs: &[Need::ZoneControl],
    ..Meta::CALM
};

impl Check for TypePrefix {
    fn meta(&self) -> &'static Meta {
        &META
    }

    async fn run(&self, cx: &Context) -> Verdict {
        let token = cx.accepted_token().await?;
        if token.header.get("typ").and_then(Value::as_str) != Some("at+jwt") {
            return Err(Stop::not_applicable("the accepted token is not typed at+jwt"));
        }
        let capitals = cx.sign(&token.but(|t| t.header("typ", "at+JWT")), "token typed at+JWT").await?;
        if cx.call(&capitals, "a token typed at+JWT").await?.outcome() != Outcome::Served {
            cx.remark("a token typed at+JWT was refused".to_owned());
        }
        let long =
            cx.sign(&token.but(|t| t.header("typ", "application/at+jwt")), "token typed application/at+jwt").await?;
        cx.call(&long, "a token typed application/at+jwt").await?.expect_served()
    }
}
