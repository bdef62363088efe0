//! A certificate that nobody trusts.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;

use crate::check::{Area, Check, Level, Meta, Need, Verdict};
use crate::context::Context;
use crate::page;
use crate::token::ForgeError;

page! {
    /// A token that brings its own certificate is refused
    ///
    /// # What it checks
    /// The accepted token is signed again by a key that no zone has, and a self-signed certificate for that key stands
    /// in the header as `x5c`, with and without the `kid` of the zone's key. Neither may be served.
    ///
    /// # Why it matters
    /// A certificate says whose a key is only to those who trust its issuer. Anybody can issue one for himself.
    ///
    /// # How to fix it
    /// Ignore `x5c`, or validate the chain against the certificates that you trust before you use its key.
    ///
    /// # Reference
    /// RFC 7515 section 4.1.6; OAuth 2.1 section 5.2.
    pub struct EmbeddedCertificate;
}

const META: Meta = Meta {
    id: "embedded-certificate",
    requirements: &["rfc7515-4.1.6-x5c-chain"],
    level: Level::Must,
    area: Area::TokenValidation,
    needs: &[Need::ValidToken],
    follows_from: &["garbage-token", "foreign-signature"],
    ..Meta::CALM
};

impl Check for EmbeddedCertificate {
    fn meta(&self) -> &'static Meta {
        &META
    }

    async fn run(&self, cx: &Context) -> Verdict {
        let token = cx.accepted_token().await?;
        let key = cx.foreign_key().await?;
        let der = key.certificate()?.to_der().map_err(ForgeError::from)?;
        let named = token.but(|t| t.header("x5c", json!([STANDARD.encode(der)])));
        let mut nameless = named.clone();
        nameless.without_header("kid");
        for (how, draft) in [("the zone's kid", named), ("no kid", nameless)] {
            let forged = cx.note(draft.signed_with_key(key)?, "token that brings its own certificate");
            cx.call(&forged, &format!("a token that brings its own certificate, under {how}"))
                .await?
                .expect_refused()?;
        }
        Ok(())
    }
}
