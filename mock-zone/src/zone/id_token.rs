//! The ID token (OpenID Connect Core section 2): what a client learns of the sign-in, beside the access token.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64URL;
use openssl::sha::{sha256, sha512};
use serde::Serialize;

use super::Zone;
use super::access_token::signed;
use super::algorithm::SigningAlgorithm;
use super::grants::Grant;
use super::keys::{KeyError, SigningKey};
use super::userinfo::{AboutUser, OPENID};

/// How long it is valid.
const LIFETIME: Duration = Duration::from_secs(60 * 60);
/// `typ` of the token. RFC 9068 section 2.1 gives access tokens another, so that neither passes for the other.
const TYPE: &str = "JWT";

/// The claims that an ID token or UserInfo can have.
pub(super) const CLAIMS: [&str; 11] =
    ["iss", "sub", "aud", "exp", "iat", "auth_time", "nonce", "at_hash", "sid", "email", "email_verified"];

/// Which claims the real zone has is not public: these are our choice.
#[derive(Serialize)]
struct Claims<'a> {
    iss: &'a str,
    sub: &'a str,
    aud: &'a str,
    exp: i64,
    iat: i64,
    auth_time: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    nonce: Option<&'a str>,
    at_hash: String,
    sid: &'a str,
    #[serde(flatten)]
    about: AboutUser,
}

/// By what an ID token came about.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Occasion {
    Code,
    /// It repeats the sign-in, and has no nonce: that belonged to the authorization request (section 12.2).
    Refresh,
}

impl Zone {
    /// The ID token that goes with an access token of `scopes`, where `openid` is one of them.
    pub(super) fn id_token(
        &self,
        key: &SigningKey,
        grant: &Grant,
        scopes: &[String],
        access_token: &str,
        occasion: Occasion,
    ) -> Result<Option<String>, KeyError> {
        if !scopes.iter().any(|scope| scope == OPENID) {
            return Ok(None);
        }
        let iat = self.now().as_second();
        let claims = Claims {
            iss: self.issuer.as_str(),
            sub: &grant.user.identifier,
            aud: &grant.client_id,
            exp: iat.saturating_add_unsigned(LIFETIME.as_secs()),
            iat,
            auth_time: grant.authenticated_at.as_second(),
            nonce: grant.nonce.as_deref().filter(|_| occasion == Occasion::Code),
            at_hash: at_hash(key.algorithm(), access_token),
            sid: &grant.session_id,
            about: AboutUser::new(&grant.user, |scope| scopes.iter().any(|granted| granted == scope)),
        };
        signed(key, TYPE, &claims).map(Some)
    }
}

/// Ties the access token to the ID token that came with it: the left half of its hash, by the hash of the signature's
/// algorithm (section 3.1.3.6). Of Ed25519 that is SHA-512 (RFC 8032 section 5.1).
fn at_hash(algorithm: SigningAlgorithm, access_token: &str) -> String {
    let token = access_token.as_bytes();
    match algorithm {
        SigningAlgorithm::EdDsa => BASE64URL.encode(&sha512(token)[..32]),
        SigningAlgorithm::Rs256 | SigningAlgorithm::Ps256 | SigningAlgorithm::Es256 => {
            BASE64URL.encode(&sha256(token)[..16])
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of OpenID Connect Core appendix A.3: this access token has this `at_hash`.
    #[test]
    fn an_at_hash_is_that_of_the_specification() {
        let hash = at_hash(SigningAlgorithm::Rs256, "jHkWEdUXMU1BwAsC4vtUsZwnNvTIxEl0z9K3vx5KF0Y");
        assert_eq!(hash, "77QmUPtjPfzWtF2AnpK9RQ");
    }
}
