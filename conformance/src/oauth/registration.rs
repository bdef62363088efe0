//! How the suite becomes a client: registered by hand, or by itself (RFC 7591).

use reqwest::RequestBuilder;
use serde_json::json;

use super::OAuthError;
use super::http::{Http, member};
use super::metadata::AuthorizationServer;
use crate::text::quoted;

/// Whom the authorization server takes us for.
#[derive(Clone)]
pub struct Client {
    /// `client_id`.
    pub id: String,
    authentication: Authentication,
}

/// How a client proves itself at the token endpoint (RFC 6749 section 2.3).
#[derive(Clone)]
enum Authentication {
    None,
    Basic(String),
    Post(String),
}

impl Client {
    /// A client that was registered by hand.
    ///
    /// # Errors
    /// [`OAuthError`] where it has a secret and the server takes none in a form that we have.
    pub fn known(server: &AuthorizationServer, id: &str, secret: Option<&str>) -> Result<Self, OAuthError> {
        let authentication = match secret {
            None => Authentication::None,
            Some(secret) => {
                let offered = server.authentication_methods.as_deref();
                let offers =
                    |method: &str| offered.map_or(method == "client_secret_basic", |m| m.iter().any(|m| m == method));
                if offers("client_secret_basic") {
                    Authentication::Basic(secret.to_owned())
                } else if offers("client_secret_post") {
                    Authentication::Post(secret.to_owned())
                } else {
                    let actual = quoted(&offered.unwrap_or_default().join(", "));
                    let expected = "client_secret_basic or client_secret_post among its methods";
                    return Err(OAuthError::unexpected("client authentication", expected, actual));
                }
            }
        };
        Ok(Self { id: id.to_owned(), authentication })
    }

    /// Registers a public client that is answered at `redirect_uri`.
    ///
    /// # Errors
    /// [`OAuthError`].
    pub async fn register(
        http: &Http,
        server: &AuthorizationServer,
        redirect_uri: &str,
        scopes: &str,
    ) -> Result<Self, OAuthError> {
        const STEP: &str = "registration";
        let mut metadata = json!({
            "client_name": "conformance",
            "redirect_uris": [redirect_uri],
            "token_endpoint_auth_method": "none",
            "grant_types": ["authorization_code", "refresh_token"],
            "response_types": ["code"],
        });
        if !scopes.is_empty() {
            metadata["scope"] = json!(scopes);
        }
        let answer = http.json(STEP, http.post(server.registration_endpoint()?).json(&metadata)).await?;
        let id = member(&answer, "client_id", STEP)?;
        // A server may make of the client what it likes and says so (section 3.2.1).
        let authentication = match (answer["client_secret"].as_str(), answer["token_endpoint_auth_method"].as_str()) {
            (None, _) | (Some(_), Some("none")) => Authentication::None,
            (Some(secret), Some("client_secret_post")) => Authentication::Post(secret.to_owned()),
            (Some(secret), None | Some("client_secret_basic")) => Authentication::Basic(secret.to_owned()),
            (Some(_), Some(other)) => {
                let expected = "none, client_secret_basic or client_secret_post as token_endpoint_auth_method";
                return Err(OAuthError::unexpected(STEP, expected, quoted(other)));
            }
        };
        Ok(Self { id, authentication })
    }

    /// The secret, if there is one.
    pub fn secret(&self) -> Option<&str> {
        match &self.authentication {
            Authentication::None => None,
            Authentication::Basic(secret) | Authentication::Post(secret) => Some(secret),
        }
    }

    /// The token request with this client's credentials and these parameters.
    pub(super) fn authenticated(&self, request: RequestBuilder, form: &[(&str, &str)]) -> RequestBuilder {
        let mut form = form.to_vec();
        match &self.authentication {
            Authentication::Basic(secret) => {
                // RFC 6749 section 2.3.1: both are form-encoded before they are joined.
                let encode = |text: &str| url::form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
                return request.basic_auth(encode(&self.id), Some(encode(secret))).form(&form);
            }
            Authentication::Post(secret) => form.extend([("client_id", &*self.id), ("client_secret", secret)]),
            Authentication::None => form.push(("client_id", &self.id)),
        }
        request.form(&form)
    }
}

/// The client's id of a registration, in tests and messages; never its secret.
impl std::fmt::Debug for Client {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Client").field("id", &self.id).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    fn server(methods: &Value) -> AuthorizationServer {
        let document = json!({"issuer": "i", "token_endpoint_auth_methods_supported": methods});
        AuthorizationServer::read(&document, "i", |_| true).unwrap()
    }

    #[test]
    fn a_known_client_proves_itself_as_the_server_offers() {
        let of = |methods: Value| Client::known(&server(&methods), "c", Some("s"));
        assert!(matches!(of(Value::Null).unwrap().authentication, Authentication::Basic(_)));
        assert!(matches!(of(json!(["client_secret_post", "none"])).unwrap().authentication, Authentication::Post(_)));
        assert!(of(json!(["private_key_jwt"])).is_err());
        assert!(Client::known(&server(&json!(["none"])), "c", None).unwrap().secret().is_none());
    }
}
