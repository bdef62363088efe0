//! The signature must be verified over what is then believed.

use crate::check::{Area, Check, Level, Meta, Need, Verdict};
use crate::context::Context;
use crate::page;

page! {
    /// A token whose claims were changed is refused
    ///
    /// # What it checks
    /// The subject of the accepted token is replaced by another one, header and signature are kept. It must not be
    /// served.
    ///
    /// # Why it matters
    /// A server that decodes tokens without verifying them lets every caller choose who to be.
    ///
    /// # How to fix it
    /// Use the function of your JWT library that verifies; one named decode usually does not.
    ///
    /// # Reference
    /// RFC 9068 section 4; RFC 7515 section 5.2.
    pub struct TamperedClaims;
}

const META: Meta = Meta {
    id: "tampered-claims",
    requirements: &["rfc9068-4-signature"],
    level: Level::Must,
    area: Area::TokenValidation,
    needs: &[Need::ValidToken],
    follows_from: &["garbage-token", "unsigned-token"],
    ..Meta::CALM
};

impl Check for TamperedClaims {
    fn meta(&self) -> &'static Meta {
        &META
    }

    async fn run(&self, cx: &Context) -> Verdict {
        let token = cx.accepted_token().await?;
        let tampered = token.with_tampered_claims(|t| t.claim("sub", "mallory@example.com"));
        let tampered = cx.note(tampered, "token with changed claims");
        cx.call(&tampered, "claims changed under the accepted signature").await?.expect_refused()
    }
}
