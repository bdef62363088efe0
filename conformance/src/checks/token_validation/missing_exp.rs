//! A token without an end.

use serde_json::Value;

use crate::check::{Area, Check, Level, Meta, Need, Verdict};
use crate::context::Context;
use crate::page;

page! {
    /// A token without an end is refused
    ///
    /// # What it checks
    /// The zone signs the accepted token again without `exp`, and with an `exp` that is null. Neither should be
    /// served.
    ///
    /// # Why it matters
    /// Libraries check `exp` where it is there. A token without it is then valid for good.
    ///
    /// # How to fix it
    /// Require the claim; most libraries have an option for required claims.
    ///
    /// # Reference
    /// RFC 9068 sections 2.2 and 4. RFC 7519 leaves the claim optional, so this is a warning.
    pub struct MissingExp;
}

const META: Meta = Meta {
    id: "missing-exp",
    requirements: &["rfc9068-4-missing-exp"],
    level: Level::Should,
    area: Area::TokenValidation,
    needs: &[Need::ZoneControl],
    follows_from: &["garbage-token", "expired-token"],
    ..Meta::CALM
};

impl Check for MissingExp {
    fn meta(&self) -> &'static Meta {
        &META
    }

    async fn run(&self, cx: &Context) -> Verdict {
        let token = cx.accepted_token().await?;
        let absent = token.but(|t| t.without_claim("exp"));
        let null = token.but(|t| t.claim("exp", Value::Null));
        for (what, draft) in [("a token without exp", absent), ("a token whose exp is null", null)] {
            let endless = cx.sign(&draft, "token without exp").await?;
            cx.call(&endless, what).await?.expect_refused()?;
        }
        Ok(())
    }
}
