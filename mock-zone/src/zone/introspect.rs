//! What the zone says of a token to those whom it concerns (RFC 7662), and which tokens were revoked.
//!
//! Nothing public says that the real zone is asked. Our choice: a token concerns the application that provides a resource
//! in its `aud`, and the client that it was issued to.

use serde_json::{Map, Value, json};

use super::Zone;
use super::client_authentication::ClientError;
use super::directory::{Authentication, Client};
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
    /// What the sender of the request is told.
    pub(crate) fn told(&self) -> String {
        if let Self::Client(error) = self { error.told() } else { self.to_string() }
    }

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
    /// Whether a token is active, and its claims if it is. Of any other nothing is said, not even why, and to a client
    /// that it does not concern every token is another (RFC 7662 section 2.2): anyone can register a client.
    pub(crate) async fn introspect(
        &self,
        authorization: Option<&str>,
        parameters: &Parameters<'_>,
    ) -> Result<Value, IntrospectError> {
        let client = self.authenticate(authorization, parameters).await?;
        if matches!(client.authentication, Authentication::None) {
            return Err(IntrospectError::PublicClient);
        }
        let token = parameters.single("token")?.ok_or(IntrospectError::Missing)?;
        Ok(self.active(token, &client).unwrap_or_else(|| json!({"active": false})))
    }

    fn active(&self, token: &str, client: &Client) -> Option<Value> {
        // What a token is called is for whoever it was sent to; that it was issued here is the signature's.
        let mut claims = self.verified_typed(token, |_| true).ok()?;
        if !self.concerns(&claims, client) {
            return None;
        }
        claims.insert("active".to_owned(), true.into());
        claims.insert("token_type".to_owned(), "Bearer".into());
        Some(Value::Object(claims))
    }

    /// Whether the client provides a resource that the token is for, or was issued the token.
    fn concerns(&self, claims: &Map<String, Value>, client: &Client) -> bool {
        let audience = match claims.get("aud") {
            Some(Value::Array(several)) => several.as_slice(),
            Some(one) => std::slice::from_ref(one),
            None => return false,
        };
        let is_issued_to = claims.get("client_id").and_then(Value::as_str) == Some(client.id.as_str());
        let mut resources = audience.iter().filter_map(Value::as_str);
        is_issued_to
            || self.with_directory(|directory| {
                resources.any(|resource| directory.provider(resource).as_deref() == Some(client.id.as_str()))
            })
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
