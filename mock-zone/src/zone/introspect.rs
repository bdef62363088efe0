//! What the zone says of a token to those whom it was sent to (RFC 7662), and which tokens were revoked.

use serde_json::{Value, json};

use super::Zone;
use super::client_authentication::ClientError;
use super::directory::Authentication;
use super::parameters::{Parameters, Repeated};

/// Why a token is not spoken of.
#[derive(Debug, thiserror::Error)]
pub(crate) enum IntrospectError {
    #[error(transparent)]
    Client(#[from] ClientError),
    #[error(transparent)]
    Repeated(#[from] Repeated),
    #[error("a client without a secret may not ask: anybody could be it (RFC 7662 section 2.1)")]
    PublicClient,
    #[error("token is required")]
    Missing,
}

impl IntrospectError {
    /// The `error` value of RFC 6749 section 5.2.
    pub(crate) fn oauth_code(&self) -> &'static str {
        match self {
            Self::Client(error) => error.oauth_code(),
            Self::PublicClient => "invalid_client",
            Self::Repeated(_) | Self::Missing => "invalid_request",
        }
    }
}

impl Zone {
    /// Whether a token is active, and its claims if it is. Of any other nothing is said, not even why (RFC 7662 section
    /// 2.2).
    pub(crate) fn introspect(
        &self,
        authorization: Option<&str>,
        parameters: &Parameters<'_>,
    ) -> Result<Value, IntrospectError> {
        let client = self.authenticate(authorization, parameters)?;
        if matches!(client.authentication, Authentication::None) {
            return Err(IntrospectError::PublicClient);
        }
        let token = parameters.single("token")?.ok_or(IntrospectError::Missing)?;
        Ok(self.active(token).unwrap_or_else(|| json!({"active": false})))
    }

    fn active(&self, token: &str) -> Option<Value> {
        // What a token is called is for whoever it was sent to; that it was issued here is the signature's.
        let mut claims = Value::Object(self.verified_typed(token, |_| true).ok()?);
        match &claims["aud"] {
            Value::Array(several) => several.first()?.as_str()?,
            one => one.as_str()?,
        };
        claims["active"] = true.into();
        claims["token_type"] = "Bearer".into();
        Some(claims)
    }

    /// From now on this token is not active and opens nothing; with a refresh token its grant ends (RFC 7009 section 2.1).
    pub(crate) fn revoke(&self, token: String) {
        let mut state = self.state();
        state.grants.revoke_by(&token);
        if state.revoked.find(&token).is_none() {
            state.revoked.insert(token, ());
        }
    }
}
