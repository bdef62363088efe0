//! The key must be the one that the zone publishes under the name in the token.

use crate::check::{Area, Check, Level, Meta, Need, Verdict};
use crate::context::Context;
use crate::page;

page! {
    /// A token signed by a stranger's key under a known key id is refused
    ///
    /// # What it checks
    /// The accepted token is signed again, unchanged, by an RSA key that no zone has; `kid` still names the zone's
    /// key. It must not be served.
    ///
    /// # Why it matters
    /// A server that takes any well-formed signature for a good one accepts tokens that anybody can make.
    ///
    /// # How to fix it
    /// Look the key up by `kid` in the key set of the zone and verify with that key alone.
    ///
    /// # Reference
    /// RFC 8725 section 3.8; RFC 9068 section 4.
    pub struct ForeignSignature;
}

const META: Meta = Meta {
    id: "foreign-signature",
    requirements: &["rfc8725-3.8-keys-belong-to-issuer"],
    level: Level::Must,
    area: Area::TokenValidation,
    needs: &[Need::ValidToken],
    follows_from: &["garbage-token", "tampered-claims"],
    ..Meta::CALM
};

impl Check for ForeignSignature {
    fn meta(&self) -> &'static Meta {
        &META
    }

    async fn run(&self, cx: &Context) -> Verdict {
        let token = cx.accepted_token().await?;
        let forged = token.but(|_| {}).signed_with_key(cx.foreign_key().await?)?;
        let forged = cx.note(forged, "token signed by a foreign key");
        cx.call(&forged, "a foreign signature under the same kid").await?.expect_refused()
    }
}
