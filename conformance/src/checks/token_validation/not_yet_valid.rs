//! Tokens begin.

use crate::check::{Area, Check, Level, Meta, Need, Verdict};
use crate::context::Context;
use crate::page;

page! {
    /// A token that is not yet valid is refused
    ///
    /// # What it checks
    /// The zone signs the accepted token again with `nbf` ten minutes and an hour ahead. Neither may be served.
    ///
    /// # Why it matters
    /// A zone that issues a token for later relies on nobody taking it before.
    ///
    /// # How to fix it
    /// Have your JWT library check `nbf` where it is present.
    ///
    /// # Reference
    /// RFC 7519 section 4.1.5.
    pub struct NotYetValid;
}

const META: Meta = Meta {
    id: "not-yet-valid-token",
    requirements: &["rfc7519-4.1.5-nbf"],
    level: Level::Must,
    area: Area::TokenValidation,
    needs: &[Need::ZoneControl],
    follows_from: &["garbage-token"],
    ..Meta::CALM
};

impl Check for NotYetValid {
    fn meta(&self) -> &'static Meta {
        &META
    }

    async fn run(&self, cx: &Context) -> Verdict {
        let token = cx.accepted_token().await?;
        for (ahead, seconds) in [("ten minutes", 600), ("an hour", 3600)] {
            let early =
                cx.sign(&token.but(|t| t.claim("nbf", cx.now() + seconds)), "token that is not yet valid").await?;
            cx.call(&early, &format!("a token that is valid in {ahead}")).await?.expect_refused()?;
        }
        Ok(())
    }
}
