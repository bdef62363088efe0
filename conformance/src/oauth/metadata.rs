//! Authorization server metadata (RFC 8414, OpenID Connect Discovery): where a client finds it, and what it takes from it.

use serde_json::Value;
use url::Url;

use super::OAuthError;
use super::http::Http;
use crate::discovery::is_loopback;
use crate::text::quoted;

const STEP: &str = "authorization server metadata";

/// What a client knows of an authorization server.
#[derive(Debug, Clone)]
pub struct AuthorizationServer {
    /// Its identifier, character for character as both sides write it.
    pub issuer: String,
    /// The key set.
    pub jwks_uri: Option<Url>,
    /// Whether an answer to an authorization request must carry `iss` (RFC 9207 section 3).
    pub names_itself: bool,
    /// Whether PKCE with S256 is offered.
    pub offers_s256: bool,
    /// How clients may authenticate at the token endpoint; none said means `client_secret_basic` (RFC 8414 section 2).
    pub authentication_methods: Option<Vec<String>>,
    authorization_endpoint: Option<Url>,
    token_endpoint: Option<Url>,
    registration_endpoint: Option<Url>,
}

impl AuthorizationServer {
    /// Finds the metadata of `issuer` as an MCP client does; an issuer on this machine only where the server under test
    /// is there as well, since a hostile one could else have us post to whatever listens here.
    ///
    /// # Errors
    /// [`OAuthError`], with each place that was tried.
    pub async fn discover(http: &Http, issuer: &str, endpoint: &Url) -> Result<Self, OAuthError> {
        let url = Url::parse(issuer).ok().filter(Url::has_host);
        let Some(url) = url.filter(|url| may_be_used(url, endpoint) && is_plain(url)) else {
            let expected = "an issuer with https, or on this machine beside the server";
            return Err(OAuthError::unexpected(STEP, expected, quoted(issuer)));
        };
        let mut came = Vec::new();
        for place in places(&url) {
            let request = http.get(place.clone()).header("accept", "application/json");
            let answer = match http.send(STEP, request).await {
                Ok(answer) => answer,
                Err(OAuthError::NoAnswer { cause, .. }) => {
                    came.push(format!("{cause} at {place}"));
                    continue;
                }
                Err(other) => return Err(other),
            };
            match answer.json().filter(Value::is_object) {
                Some(document) if answer.status.is_success() => {
                    return Self::read(&document, issuer, |url| may_be_used(url, endpoint));
                }
                Some(_) | None => came.push(format!("{} at {place}", answer.status.as_u16())),
            }
        }
        Err(OAuthError::unexpected(STEP, "a metadata document", came.join(", ")))
    }

    /// Reads a metadata document, which must be that of `issuer`.
    ///
    /// # Errors
    /// [`OAuthError`] where it is another's (RFC 8414 section 3.3: the two must be identical, so nothing is normalised),
    /// or names an endpoint that must not get secrets.
    pub fn read(document: &Value, issuer: &str, may_be_used: impl Fn(&Url) -> bool) -> Result<Self, OAuthError> {
        match document["issuer"].as_str() {
            Some(named) if named == issuer => {}
            Some(other) => {
                let actual = format!("{} in the metadata of {}, which are not the same", quoted(other), quoted(issuer));
                return Err(OAuthError::unexpected(STEP, "the issuer that was asked for", actual));
            }
            None => return Err(OAuthError::unexpected(STEP, "an issuer", "a document without it")),
        }
        let endpoint = |name: &'static str| {
            let Some(value) = document[name].as_str() else { return Ok(None) };
            match Url::parse(value).ok().filter(&may_be_used) {
                Some(url) => Ok(Some(url)),
                None => Err(OAuthError::unexpected(name, "a URL to which secrets may be sent", quoted(value))),
            }
        };
        let listed = |name: &str| {
            let values = document[name].as_array()?;
            Some(values.iter().filter_map(Value::as_str).map(str::to_owned).collect::<Vec<_>>())
        };
        Ok(Self {
            issuer: issuer.to_owned(),
            // It gets no secret, and a sign-in does without it.
            jwks_uri: endpoint("jwks_uri").unwrap_or_default(),
            names_itself: document["authorization_response_iss_parameter_supported"] == true,
            offers_s256: listed("code_challenge_methods_supported").is_some_and(|m| m.iter().any(|m| m == "S256")),
            authentication_methods: listed("token_endpoint_auth_methods_supported"),
            authorization_endpoint: endpoint("authorization_endpoint")?,
            token_endpoint: endpoint("token_endpoint")?,
            registration_endpoint: endpoint("registration_endpoint")?,
        })
    }

    /// Where the user's browser is sent.
    ///
    /// # Errors
    /// [`OAuthError`] where there is none.
    pub fn authorization_endpoint(&self) -> Result<Url, OAuthError> {
        named(self.authorization_endpoint.as_ref(), "authorization_endpoint")
    }

    /// Where codes and refresh tokens are redeemed.
    ///
    /// # Errors
    /// [`OAuthError`] where there is none.
    pub fn token_endpoint(&self) -> Result<Url, OAuthError> {
        named(self.token_endpoint.as_ref(), "token_endpoint")
    }

    /// Where clients register.
    ///
    /// # Errors
    /// [`OAuthError`] where there is none.
    pub fn registration_endpoint(&self) -> Result<Url, OAuthError> {
        named(self.registration_endpoint.as_ref(), "registration_endpoint")
    }

    /// Whether clients may register by themselves.
    pub fn registers_clients(&self) -> bool {
        self.registration_endpoint.is_some()
    }

    /// The public keys that the server publishes, as JWKs.
    ///
    /// # Errors
    /// [`OAuthError`].
    pub async fn keys(&self, http: &Http) -> Result<Vec<Value>, OAuthError> {
        let url = named(self.jwks_uri.as_ref(), "jwks_uri")?;
        let set = http.json("key set", http.get(url).header("accept", "application/json")).await?;
        set["keys"].as_array().cloned().ok_or_else(|| OAuthError::unexpected("key set", "keys", "JSON without it"))
    }
}

fn named(url: Option<&Url>, name: &'static str) -> Result<Url, OAuthError> {
    url.cloned().ok_or_else(|| OAuthError::unexpected(STEP, name, "a document without it"))
}

/// The well-known URLs in the order in which MCP's Authorization text has clients try them ("Authorization Server
/// Metadata Discovery").
pub fn places(issuer: &Url) -> Vec<Url> {
    let at = |path: &str| {
        let mut url = issuer.clone();
        url.set_path(path);
        url
    };
    match issuer.path().trim_end_matches('/') {
        "" => vec![at("/.well-known/oauth-authorization-server"), at("/.well-known/openid-configuration")],
        path => vec![
            at(&format!("/.well-known/oauth-authorization-server{path}")),
            at(&format!("/.well-known/openid-configuration{path}")),
            at(&format!("{path}/.well-known/openid-configuration")),
        ],
    }
}

/// Whether secrets may go there: over TLS, or to this machine where the server under test is on it too (OAuth 2.1
/// section 1.5).
pub fn may_be_used(url: &Url, endpoint: &Url) -> bool {
    match url.scheme() {
        "https" => !is_loopback(url) || is_loopback(endpoint),
        "http" => is_loopback(url) && is_loopback(endpoint),
        _ => false,
    }
}

/// An issuer has neither query nor fragment (RFC 8414 section 2), and credentials in it would go on to wherever it leads.
fn is_plain(url: &Url) -> bool {
    url.query().is_none() && url.fragment().is_none() && url.username().is_empty() && url.password().is_none()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;
    use crate::any_input;
    use crate::mangled::mangled;

    const SEEDS: &[&str] = &[
        include_str!("../../fuzz/seeds/authorization_server/1"),
        include_str!("../../fuzz/seeds/authorization_server/2"),
    ];

    proptest! {
        #[test]
        fn no_document_sends_secrets_where_they_must_not_go(bytes in mangled(SEEDS)) {
            any_input::authorization_server(&bytes);
        }
    }

    fn url(text: &str) -> Url {
        Url::parse(text).unwrap()
    }

    #[test]
    fn metadata_is_looked_for_in_mcps_order() {
        let at = |issuer: &str| places(&url(issuer)).iter().map(Url::to_string).collect::<Vec<_>>();
        assert_eq!(
            at("https://as.example"),
            [
                "https://as.example/.well-known/oauth-authorization-server",
                "https://as.example/.well-known/openid-configuration",
            ]
        );
        assert_eq!(
            at("https://as.example/tenant1/"),
            [
                "https://as.example/.well-known/oauth-authorization-server/tenant1",
                "https://as.example/.well-known/openid-configuration/tenant1",
                "https://as.example/tenant1/.well-known/openid-configuration",
            ]
        );
    }

    #[test]
    fn secrets_go_over_tls_or_stay_on_this_machine() {
        let (far, near) = (url("https://mcp.example/mcp"), url("http://localhost:8080/mcp"));
        assert!(may_be_used(&url("https://as.example/token"), &far));
        assert!(may_be_used(&url("http://127.0.0.1:9400/token"), &near));
        assert!(!may_be_used(&url("http://as.example/token"), &far));
        assert!(!may_be_used(&url("http://127.0.0.1:22/"), &far), "a remote server must not reach this machine");
        assert!(!may_be_used(&url("https://127.0.0.1:22/"), &far));
        assert!(!may_be_used(&url("file:///etc/passwd"), &near));
    }

    #[test]
    fn an_issuer_is_compared_character_for_character() {
        let document = json!({"issuer": "https://as.example/", "code_challenge_methods_supported": ["plain"]});
        let read = |issuer: &str| AuthorizationServer::read(&document, issuer, |_| true);
        assert!(read("https://as.example").unwrap_err().to_string().contains("are not the same"));
        assert!(!read("https://as.example/").unwrap().offers_s256);
    }

    #[test]
    fn an_endpoint_in_the_clear_is_refused() {
        let document = json!({"issuer": "https://as.example", "token_endpoint": "http://as.example/token"});
        let far = url("https://mcp.example/mcp");
        let read = AuthorizationServer::read(&document, "https://as.example", |u| may_be_used(u, &far));
        assert!(
            read.unwrap_err().to_string().starts_with("token_endpoint: expected a URL to which secrets may be sent")
        );
    }
}
