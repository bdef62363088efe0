//! A token does not vouch for itself.

use crate::check::{Area, Check, Level, Meta, Need, Verdict};
use crate::context::Context;
use crate::context::FOREIGN_KEY_ID;
use crate::page;
use crate::token::ForeignKey;

page! {
    /// A token that brings its own key is refused
    ///
    /// # What it checks
    /// The accepted token is signed again by a key that no zone has, and that key's public half stands in the header as
    /// `jwk`: once under the `kid` of the zone's key, once under one of its own, once without any. None may be served.
    ///
    /// # Why it matters
    /// A verifier that takes the key out of the token verifies whatever anybody signs.
    ///
    /// # How to fix it
    /// Take keys from the key set of your zone only; ignore `jwk` in a token's header.
    ///
    /// # Reference
    /// RFC 9068 section 4; RFC 7515 section 4.1.3; OAuth 2.1 section 5.2.
    pub struct EmbeddedKey;
}

const META: Meta = Meta {
    id: "embedded-key",
    requirements: &["rfc9068-4-keys-from-as"],
    level: Level::Must,
    area: Area::TokenValidation,
    needs: &[Need::ValidToken],
    follows_from: &["garbage-token", "foreign-signature"],
    ..Meta::CALM
};

impl Check for EmbeddedKey {
    fn meta(&self) -> &'static Meta {
        &META
    }

    async fn run(&self, cx: &Context) -> Verdict {
        let token = cx.accepted_token().await?;
        let key = cx.foreign_key().await?;
        let jwk = key.jwk(FOREIGN_KEY_ID)?;
        let own = token.but(|t| t.header("jwk", jwk));
        let (mut renamed, mut nameless) = (own.clone(), own.clone());
        renamed.header("kid", FOREIGN_KEY_ID);
        nameless.without_header("kid");
        // Who takes the key from the token may take the algorithm from it as well.
        let elliptic = ForeignKey::p256()?;
        let jwk = elliptic.jwk(FOREIGN_KEY_ID)?;
        let of_other_kind = token.but(|t| {
            t.header("alg", elliptic.algorithm());
            t.header("kid", FOREIGN_KEY_ID);
            t.header("jwk", jwk);
        });
        for (how, draft, key) in [
            ("the zone's kid", own, key),
            ("a kid of its own", renamed, key),
            ("no kid", nameless, key),
            ("an algorithm of its own", of_other_kind, &elliptic),
        ] {
            let forged = cx.note(draft.signed_with_key(key)?, "token that brings its own key");
            cx.call(&forged, &format!("a token that brings its own key, under {how}")).await?.expect_refused()?;
        }
        Ok(())
    }
}
