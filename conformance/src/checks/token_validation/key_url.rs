//! A key from wherever the token says.

use super::pointing;
use crate::check::{Area, Check, Level, Meta, Need, Verdict};
use crate::context::Context;
use crate::context::FOREIGN_KEY_ID;
use crate::page;

page! {
    /// A token that says where its key is found is refused
    ///
    /// # What it checks
    /// The suite serves a key of its own, as a key set and as a certificate. The accepted token is signed again by that
    /// key, and its header names the address as `jku` or `x5u`, under the `kid` of the zone's key and under the
    /// suite's. None may be served.
    ///
    /// # Why it matters
    /// A verifier that fetches the key from where the token says verifies whatever anybody signs.
    ///
    /// # How to fix it
    /// Take keys from the key set of your zone only; ignore `jku` and `x5u` in a token's header.
    ///
    /// # Reference
    /// RFC 9068 section 4; RFC 7515 sections 4.1.2 and 4.1.5; RFC 8725 section 3.10.
    pub struct KeyUrl;
}

const META: Meta = Meta {
    id: "key-url-key",
    requirements: &["rfc9068-4-keys-from-as"],
    level: Level::Must,
    area: Area::TokenValidation,
    needs: &[Need::ValidToken, Need::SecondServer],
    follows_from: &["garbage-token", "foreign-signature"],
    ..Meta::CALM
};

impl Check for KeyUrl {
    fn meta(&self) -> &'static Meta {
        &META
    }

    async fn run(&self, cx: &Context) -> Verdict {
        let token = cx.accepted_token().await?;
        for parameter in ["jku", "x5u"] {
            for kid in [None, Some(FOREIGN_KEY_ID)] {
                let (forged, _) = pointing(cx, &token, parameter, kid).await?;
                let under = if kid.is_some() { "its own kid" } else { "the zone's kid" };
                let what = format!("a token whose {parameter} names where its key is, under {under}");
                cx.call(&forged, &what).await?.expect_refused()?;
            }
        }
        Ok(())
    }
}
