//! Not every JWT of the zone is an access token.

use crate::check::{Area, Check, Level, Meta, Need, Verdict};
use crate::context::Context;
use crate::page;
use crate::text::quoted;

page! {
    /// A token of another declared type is refused
    ///
    /// # What it checks
    /// The zone signs the accepted token again with `typ` id_token+jwt, dpop+jwt and empty. None should be served.
    ///
    /// # Why it matters
    /// A zone signs more than access tokens. The type is what tells them apart where the claims look alike.
    ///
    /// # How to fix it
    /// Accept `typ` at+jwt and application/at+jwt only.
    ///
    /// # Reference
    /// RFC 9068 section 4. MCP does not require the profile, so this is a warning.
    pub struct TokenType;
}

const META: Meta = Meta {
    id: "token-type",
    requirements: &["rfc9068-4-typ"],
    level: Level::Should,
    area: Area::TokenValidation,
    needs: &[Need::ZoneControl],
    follows_from: &["garbage-token"],
    ..Meta::CALM
};

impl Check for TokenType {
    fn meta(&self) -> &'static Meta {
        &META
    }

    async fn run(&self, cx: &Context) -> Verdict {
        let token = cx.accepted_token().await?;
        for typ in ["id_token+jwt", "dpop+jwt", ""] {
            let odd = cx.sign(&token.but(|t| t.header("typ", typ)), "token of another type").await?;
            cx.call(&odd, &format!("a token whose typ is {}", quoted(typ))).await?.expect_refused()?;
        }
        Ok(())
    }
}
