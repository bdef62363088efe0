//! A signature that is nearly right is wrong.

use crate::check::{Area, Check, Level, Meta, Need, Stop, Verdict};
use crate::context::Context;
use crate::page;

page! {
    /// A token whose signature was changed is refused
    ///
    /// # What it checks
    /// One bit in the middle of the accepted signature is flipped; header and claims are kept. It must not be served.
    ///
    /// # Why it matters
    /// Whoever accepts it does not verify signatures, so anybody can write tokens.
    ///
    /// # How to fix it
    /// Verify the signature with the key of the zone and refuse the token when that fails, whatever the reason.
    ///
    /// # Reference
    /// RFC 9068 section 4; RFC 7515 section 5.2.
    pub struct TamperedSignature;
}

const META: Meta = Meta {
    id: "tampered-signature",
    requirements: &["rfc9068-4-signature"],
    level: Level::Must,
    area: Area::TokenValidation,
    needs: &[Need::ValidToken],
    follows_from: &["garbage-token", "tampered-claims"],
    ..Meta::CALM
};

impl Check for TamperedSignature {
    fn meta(&self) -> &'static Meta {
        &META
    }

    async fn run(&self, cx: &Context) -> Verdict {
        let token = cx.accepted_token().await?;
        let flipped =
            token.with_flipped_signature().ok_or(Stop::not_applicable("the accepted token has no signature"))?;
        let flipped = cx.note(flipped, "token with a flipped bit in its signature");
        cx.call(&flipped, "one bit of the signature flipped").await?.expect_refused()
    }
}
