//! Verifying the zone's own access tokens, for the resources that the zone itself protects.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64URL;
use serde_json::{Map, Value};

use super::Zone;
use super::access_token::ACCESS_TOKEN;

/// Why a token opens nothing here. The text is for the caller, and repeats nothing of the token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum VerifyError {
    #[error("it is no JWS in compact form with a JSON header and JSON claims")]
    Malformed,
    #[error("its header must be {{\"alg\":…,\"typ\":\"at+jwt\",\"kid\":…}} without crit, where alg is that of the key")]
    Header,
    #[error("it is an ID token, and those open nothing")]
    IdToken,
    #[error("its kid names no key in this zone's JWKS")]
    UnknownKey,
    #[error("its signature is wrong")]
    Signature,
    #[error("it was issued by another issuer")]
    Issuer,
    #[error("it is for another resource")]
    Audience,
    #[error("it has expired, or has no exp")]
    Expired,
    #[error("it is not valid yet")]
    NotYetValid,
    #[error("it was revoked")]
    Revoked,
}

/// The longest token read.
const LONGEST: usize = 16 * 1024;

impl Zone {
    /// Whether `token` is an access token of this zone for `resource`, valid now.
    pub(crate) fn verify(&self, token: &str, resource: &str) -> Result<(), VerifyError> {
        self.verified_for(token, resource).map(|_| ())
    }

    /// The claims of an access token of this zone for `resource` that is valid now.
    pub(super) fn verified_for(&self, token: &str, resource: &str) -> Result<Map<String, Value>, VerifyError> {
        let claims = self.verified(token)?;
        if is_audience(claims.get("aud"), resource) { Ok(claims) } else { Err(VerifyError::Audience) }
    }

    /// The claims of an access token of this zone that is valid now, whichever resource it is for.
    pub(super) fn verified(&self, token: &str) -> Result<Map<String, Value>, VerifyError> {
        self.verified_typed(token, |typ| typ == Some(ACCESS_TOKEN))
    }

    /// The same for a token whose `typ` is any that passes here.
    pub(super) fn verified_typed(
        &self,
        token: &str,
        passes: impl FnOnce(Option<&str>) -> bool,
    ) -> Result<Map<String, Value>, VerifyError> {
        if token.len() > LONGEST {
            return Err(VerifyError::Malformed);
        }
        let (input, signature) = token.rsplit_once('.').ok_or(VerifyError::Malformed)?;
        let (header, payload) = input.split_once('.').ok_or(VerifyError::Malformed)?;
        let header = object(header)?;
        let claims = object(payload)?;
        let signature = BASE64URL.decode(signature).map_err(|_| VerifyError::Malformed)?;

        if !passes(text(&header, "typ")) || header.contains_key("crit") {
            return Err(VerifyError::Header);
        }
        // Whatever `typ` passes: this claim is in every ID token of the zone, and in no access token.
        if claims.contains_key("at_hash") {
            return Err(VerifyError::IdToken);
        }
        let kid = text(&header, "kid").ok_or(VerifyError::Header)?;
        if text(&claims, "iss") != Some(self.issuer.as_str()) {
            return Err(VerifyError::Issuer);
        }
        let now = self.now().as_second();
        let exp = claims.get("exp").and_then(Value::as_i64).ok_or(VerifyError::Expired)?;
        if exp <= now {
            return Err(VerifyError::Expired);
        }
        if let Some(nbf) = claims.get("nbf")
            && nbf.as_i64().is_none_or(|nbf| nbf > now)
        {
            return Err(VerifyError::NotYetValid);
        }
        let key = self.keys.find_published(kid).ok_or(VerifyError::UnknownKey)?;
        // The key says which algorithm is right, never the token.
        if text(&header, "alg") != Some(key.algorithm().as_str()) {
            return Err(VerifyError::Header);
        }
        if !key.verifies(input.as_bytes(), &signature) {
            return Err(VerifyError::Signature);
        }
        let state = self.state();
        let grant_has_ended = text(&claims, "jti").is_some_and(|id| state.grants.has_ended(id));
        if grant_has_ended || state.revoked.find(token).is_some() {
            return Err(VerifyError::Revoked);
        }
        drop(state);
        Ok(claims)
    }
}

/// The claims of what has the form of a JWS, which proves nothing.
pub(super) fn unverified(token: &str) -> Option<Map<String, Value>> {
    let payload = token.split('.').nth(1).filter(|_| token.len() <= LONGEST)?;
    object(payload).ok()
}

fn object(segment: &str) -> Result<Map<String, Value>, VerifyError> {
    let bytes = BASE64URL.decode(segment).map_err(|_| VerifyError::Malformed)?;
    match serde_json::from_slice(&bytes) {
        Ok(Value::Object(members)) => Ok(members),
        _ => Err(VerifyError::Malformed),
    }
}

fn text<'a>(members: &'a Map<String, Value>, name: &str) -> Option<&'a str> {
    members.get(name)?.as_str()
}

fn is_audience(aud: Option<&Value>, resource: &str) -> bool {
    match aud {
        Some(Value::String(aud)) => aud == resource,
        Some(Value::Array(several)) => several.iter().any(|aud| aud == resource),
        _ => false,
    }
}
