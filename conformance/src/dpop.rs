//! Tokens that are good with a proof of the key that they are bound to, and not without (RFC 9449).

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use openssl::sha::sha256;
use serde_json::{Map, Value, json};

use crate::check::{Stop, Verdict};
use crate::client::Request;
use crate::context::Context;
use crate::reply::{Outcome, Reply};
use crate::survey::{candidate, random_id};
use crate::token::{Draft, ForeignKey, ForgeError, Token};

/// What one proof says, before it is signed.
pub type Proof = Draft;

/// A client that has a key, and a token bound to it with which it was served just now.
#[derive(Debug)]
pub struct BoundClient<'a> {
    cx: &'a Context,
    key: ForeignKey,
    /// The token's parts.
    draft: Draft,
    token: String,
    /// The nonce that the server gave last.
    nonce: Mutex<Option<String>>,
}

impl<'a> BoundClient<'a> {
    /// A client that was served with a bound token and a proof: the positive control.
    ///
    /// # Errors
    /// Not applicable where the server does not say that it takes DPoP; inconclusive where it refuses the control.
    pub async fn served(cx: &'a Context) -> Result<Self, Stop> {
        if !is_announced(cx) {
            return Err(Stop::not_applicable(
                "neither the metadata nor a challenge says that the server takes DPoP-bound tokens",
            ));
        }
        let key = ForeignKey::p256()?;
        let thumbprint = thumbprint(&public(&key)?);
        let draft = likely_token(cx).await?.but(|t| t.claim("cnf", json!({"jkt": thumbprint})));
        let token = cx.sign(&draft, "DPoP-bound token").await?;
        let client = Self { cx, key, draft, token, nonce: Mutex::default() };
        let mut reply = client.call("a bound token and a proof (control)", |_| {}).await?;
        if reply.outcome() != Outcome::Served && client.has_nonce() {
            reply = client.call("a bound token and a proof with the server's nonce (control)", |_| {}).await?;
        }
        if reply.outcome() == Outcome::Served {
            return Ok(client);
        }
        Err(Stop::inconclusive(format!("a DPoP-bound token with its proof got {}", reply.describe())))
    }

    /// The bound token.
    pub fn token(&self) -> &str {
        &self.token
    }

    /// The bound token with something changed, yet to be signed.
    pub fn but(&self, change: impl FnOnce(&mut Draft)) -> Draft {
        let mut draft = self.draft.clone();
        change(&mut draft);
        draft
    }

    /// Whether the server has handed out a nonce.
    pub fn has_nonce(&self) -> bool {
        self.nonce().is_some()
    }

    /// The answer to the bound token with a proof in which something was changed.
    ///
    /// # Errors
    /// Inconclusive, where no answer came.
    pub async fn call(&self, what: &str, change: impl FnOnce(&mut Proof)) -> Result<Reply, Stop> {
        let mut proof = self.proof(&self.token)?;
        change(&mut proof);
        self.call_with(&self.token, Some(&self.signed(&proof)?), what).await
    }

    /// A proof signed with this client's key.
    ///
    /// # Errors
    /// Our own bug, where OpenSSL does not sign.
    pub fn signed(&self, proof: &Proof) -> Result<String, Stop> {
        Ok(proof.signed_with_key(&self.key)?)
    }

    /// The answer to a token with this proof, or with none.
    ///
    /// # Errors
    /// Inconclusive, where no answer came.
    pub async fn call_with(&self, token: &str, proof: Option<&str>, what: &str) -> Result<Reply, Stop> {
        let mut request = self.cx.bearing().authorization(&format!("DPoP {token}"));
        if let Some(proof) = proof {
            request = request.header("dpop", &self.cx.note(proof.to_owned(), "DPoP proof"));
        }
        let request: Request = request.purpose(format!("{} with {what}", self.cx.bearing_name()));
        let reply = self.cx.send(&request).await?;
        if let Some(nonce) = reply.header("dpop-nonce") {
            *self.nonce() = Some(nonce.to_owned());
        }
        Ok(reply)
    }

    /// The proof of this client's key for the bearing request with a token (RFC 9449 section 4.2), yet to be signed.
    ///
    /// # Errors
    /// Our own bug, where the key has no public half.
    pub fn proof(&self, token: &str) -> Result<Proof, Stop> {
        let mut url = self.cx.url().clone();
        url.set_query(None);
        url.set_fragment(None);
        let mut proof = Draft { header: Map::new(), claims: Map::new() };
        proof.header("typ", "dpop+jwt");
        proof.header("alg", self.key.algorithm());
        proof.header("jwk", public(&self.key)?);
        proof.claim("jti", random_id());
        proof.claim("htm", "POST");
        proof.claim("htu", url.as_str());
        proof.claim("iat", self.cx.now());
        proof.claim("ath", hashed(token));
        if let Some(nonce) = self.nonce().as_deref() {
            proof.claim("nonce", nonce);
        }
        Ok(proof)
    }

    fn nonce(&self) -> MutexGuard<'_, Option<String>> {
        self.nonce.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether the server's metadata demand bound tokens (RFC 9728 section 2).
pub fn is_demanded(cx: &Context) -> bool {
    let documents = cx.discovery().documents();
    documents.iter().any(|(_, document)| document.get("dpop_bound_access_tokens_required") == Some(&Value::Bool(true)))
}

/// Whether the server says, in its metadata or in a challenge, that it takes bound tokens.
fn is_announced(cx: &Context) -> bool {
    let documents = cx.discovery().documents();
    let algorithms = |document: &Map<String, Value>| {
        let listed = document.get("dpop_signing_alg_values_supported").and_then(Value::as_array);
        listed.is_some_and(|algorithms| !algorithms.is_empty())
    };
    let challenges = cx.discovery().anonymous.as_ref().ok().and_then(|reply| reply.challenges().ok());
    is_demanded(cx)
        || documents.iter().any(|(_, document)| algorithms(document))
        || challenges.is_some_and(|challenges| challenges.iter().any(|challenge| challenge.is("DPoP")))
}

/// The accepted token; where none was, since all must be bound, the one that a zone would most likely issue.
async fn likely_token(cx: &Context) -> Result<Token, Stop> {
    match cx.survey().accepted() {
        Ok(token) if token.is_jwt() => Ok(token.clone()),
        Ok(_) => Err(Stop::not_applicable("the accepted token is opaque to the suite, and binds nothing")),
        Err(Stop::Inconclusive { .. }) => {
            let zone = cx.zone()?;
            let kid = zone.active_key().await?.kid;
            let audience = cx.discovery().resource().unwrap_or_else(|| cx.url().to_string());
            let scope = cx.discovery().scopes().join(" ");
            let (header, claims) = candidate(zone, &kid, &audience.into(), &scope, 0);
            Ok(Token { compact: String::new(), header, claims })
        }
        Err(stop) => Err(stop),
    }
}

/// Passes where what differs from the control in one thing was not served.
///
/// # Errors
/// A violation where it was; inconclusive where the server failed or a layer in front turned it away.
pub fn expect_refused(reply: &Reply, what: &str) -> Verdict {
    match reply.outcome() {
        _ if reply.refuses_with_result() => Err(Stop::violation(format!("no result for {what}"), reply.describe())),
        Outcome::Served => Err(Stop::violation(format!("a refusal of {what}"), reply.describe())),
        Outcome::ServerError => Err(Stop::inconclusive(format!("{what} got {}", reply.describe()))),
        _ if reply.is_in_front() => Err(Stop::inconclusive(format!("{what} got {}", reply.describe()))),
        _ => Ok(()),
    }
}

/// The public half of a key as a proof shows it.
///
/// # Errors
/// OpenSSL's.
pub fn public(key: &ForeignKey) -> Result<Value, ForgeError> {
    let mut jwk = key.jwk("")?;
    if let Some(members) = jwk.as_object_mut() {
        members.retain(|name, _| matches!(name.as_str(), "kty" | "crv" | "x" | "y"));
    }
    Ok(jwk)
}

/// The thumbprint of a JWK that has its required members alone (RFC 7638): they are put in the order of their names.
pub fn thumbprint(jwk: &Value) -> String {
    let members: BTreeMap<_, _> = jwk.as_object().into_iter().flatten().collect();
    hashed(&json!(members).to_string())
}

/// SHA-256, as tokens and proofs write it.
pub fn hashed(text: &str) -> String {
    URL_SAFE_NO_PAD.encode(sha256(text.as_bytes()))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn a_thumbprint_is_that_of_the_specification() {
        // RFC 9449 section 6.1: the key of section 4.1, and the token bound to it.
        let jwk = json!({
            "kty": "EC",
            "x": "l8tFrhx-34tV3hRICRDY9zCkDlpBhF42UQUfWVAWBFs",
            "y": "9VE4jf_Ok_o64zbTTlcuNJajHmt6v9TDVrU0CdvGRDA",
            "crv": "P-256",
        });
        assert_eq!(thumbprint(&jwk), "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I");
    }

    #[test]
    fn a_public_key_shows_its_point_and_nothing_else() {
        let jwk = public(&ForeignKey::p256().unwrap()).unwrap();
        let names: BTreeSet<_> = jwk.as_object().unwrap().keys().map(String::as_str).collect();
        assert_eq!(names, BTreeSet::from(["crv", "kty", "x", "y"]));
    }
}
