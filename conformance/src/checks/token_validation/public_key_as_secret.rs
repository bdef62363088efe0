//! The classic confusion of algorithms: what everybody may know taken for a secret.

use serde_json::Value;

use crate::check::{Area, Check, Level, Meta, Need, Stop, Verdict};
use crate::context::Context;
use crate::page;
use crate::public_key::PublicKey;

page! {
    /// A token keyed with the zone's public key as an HMAC secret is refused
    ///
    /// # What it checks
    /// The claims of the accepted token are signed with HS256. The secret is the public key that verifies that token, as
    /// its authorization server publishes it, in each form in which a server may hold it: PEM with and without its last
    /// line break, DER, and the JWK as JSON. None may be served.
    ///
    /// # Why it matters
    /// A verifier that takes the algorithm from the token uses the public key, which everybody can fetch, as the
    /// secret. Anybody can then sign anything.
    ///
    /// # How to fix it
    /// Fix the algorithms that you accept (RS256 for a Keycard zone) and never hand an RSA key to an HMAC verifier.
    ///
    /// # Reference
    /// RFC 8725 sections 2.1 and 3.1; RFC 7515 section 10.7.
    pub struct PublicKeyAsSecret;
}

const META: Meta = Meta {
    id: "public-key-as-secret",
    requirements: &["rfc8725-3.1-key-confusion"],
    level: Level::Must,
    area: Area::TokenValidation,
    needs: &[Need::ValidToken],
    follows_from: &["garbage-token", "tampered-claims"],
    ..Meta::CALM
};

impl Check for PublicKeyAsSecret {
    fn meta(&self) -> &'static Meta {
        &META
    }

    async fn run(&self, cx: &Context) -> Verdict {
        let token = cx.accepted_token().await?;
        if token.header.get("alg").and_then(Value::as_str).is_some_and(|alg| alg.starts_with("HS")) {
            return Err(Stop::not_applicable("the accepted token is signed with a secret and not with a key pair"));
        }
        let key = cx.published_key(&token).await?;
        let draft = token.but(|t| t.header("alg", "HS256"));
        for (form, secret) in forms(key)? {
            let forged = cx.note(draft.signed_with_secret(&secret)?, "token keyed with the public key");
            cx.call(&forged, &format!("HS256 keyed with the public key as {form}")).await?.expect_refused()?;
        }
        Ok(())
    }
}

/// The forms in which a verifier may hold the key.
fn forms(key: &PublicKey) -> Result<Vec<(&'static str, Vec<u8>)>, Stop> {
    let pem = key.pem()?;
    Ok(vec![
        ("PEM without its last line break", pem.trim_ascii_end().to_vec()),
        ("PEM", pem),
        ("DER", key.der()?),
        ("a JWK", key.jwk.to_string().into_bytes()),
    ])
}
