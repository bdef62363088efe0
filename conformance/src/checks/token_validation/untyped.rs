//! A type that says nothing.

use crate::check::{Area, Check, Level, Meta, Need, Verdict};
use crate::context::Context;
use crate::page;

page! {
    /// A token that is typed JWT, or not at all, is refused
    ///
    /// # What it checks
    /// The zone signs the accepted token again with `typ` JWT and without it. Whether the server takes them is
    /// reported: many zones type their access tokens so, and MCP does not forbid it.
    ///
    /// # Why it matters
    /// What accepts any JWT of the zone relies on the other claims to tell an access token from an ID token.
    ///
    /// # How to fix it
    /// Where your zone types its tokens at+jwt (a Keycard zone's documentation says so), accept that type only.
    ///
    /// # Reference
    /// RFC 9068 section 4.
    pub struct UntypedToken;
}

const META: Meta = Meta {
    id: "token-untyped",
    requirements: &["rfc9068-4-typ"],
    level: Level::May,
    area: Area::TokenValidation,
    needs: &[Need::ZoneControl],
    follows_from: &["garbage-token", "token-type"],
    ..Meta::CALM
};

impl Check for UntypedToken {
    fn meta(&self) -> &'static Meta {
        &META
    }

    async fn run(&self, cx: &Context) -> Verdict {
        let token = cx.accepted_token().await?;
        let typed = token.but(|t| t.header("typ", "JWT"));
        let untyped = token.but(|t| t.without_header("typ"));
        for (what, draft) in [("a token typed JWT", typed), ("a token without typ", untyped)] {
            let plain = cx.sign(&draft, what).await?;
            cx.call(&plain, what).await?.expect_refused()?;
        }
        Ok(())
    }
}
