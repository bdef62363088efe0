//! The authorization code grant with PKCE (OAuth 2.1 section 4.1): the request, its answer, and what the code is redeemed for.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use url::Url;

use super::OAuthError;
use super::http::{Http, member};
use super::metadata::AuthorizationServer;
use super::registration::Client;
use crate::survey::random_id;
use crate::text::quoted;

const AUTHORIZATION: &str = "authorization";

/// A request that a browser takes to the authorization server.
pub struct AuthorizationRequest {
    /// Where the browser is sent.
    pub url: Url,
    /// What ties the answer to this request.
    pub state: String,
    /// What the code can be redeemed with, and nothing else (RFC 7636).
    pub verifier: String,
    redirect_uri: String,
    resource: String,
}

impl AuthorizationRequest {
    /// A request for a token of `resource` (RFC 8707), answered at `redirect_uri`.
    ///
    /// # Errors
    /// [`OAuthError`] where the server has no authorization endpoint.
    pub fn new(
        server: &AuthorizationServer,
        client: &Client,
        redirect_uri: &str,
        resource: &str,
        scopes: &str,
    ) -> Result<Self, OAuthError> {
        let (verifier, state) = (format!("{}{}", random_id(), random_id()), random_id());
        let challenge = URL_SAFE_NO_PAD.encode(openssl::sha::sha256(verifier.as_bytes()));
        let mut url = server.authorization_endpoint()?;
        url.query_pairs_mut().extend_pairs([
            ("response_type", "code"),
            ("client_id", &client.id),
            ("redirect_uri", redirect_uri),
            ("state", &state),
            ("code_challenge", &challenge),
            ("code_challenge_method", "S256"),
            ("resource", resource),
        ]);
        if !scopes.is_empty() {
            url.query_pairs_mut().append_pair("scope", scopes);
        }
        Ok(Self { url, state, verifier, redirect_uri: redirect_uri.to_owned(), resource: resource.to_owned() })
    }

    /// The code in an answer: the redirect that came back.
    ///
    /// # Errors
    /// [`OAuthError`] where the answer is another's, or an error.
    pub fn code(&self, server: &AuthorizationServer, answer: &Url) -> Result<String, OAuthError> {
        let parameters: BTreeMap<String, String> = answer.query_pairs().into_owned().collect();
        if parameters.get("state") != Some(&self.state) {
            return Err(OAuthError::unexpected(AUTHORIZATION, "our state in the redirect", "another one"));
        }
        // RFC 9207 section 2.4: compared where it is there, and demanded where the metadata promise it; before the error
        // is looked at, which another server may have made up.
        match parameters.get("iss") {
            Some(iss) if *iss != server.issuer => {
                let expected = "the issuer as iss in the redirect";
                return Err(OAuthError::unexpected(AUTHORIZATION, expected, quoted(iss)));
            }
            None if server.names_itself => {
                let expected = "iss in the redirect, as the metadata promise";
                return Err(OAuthError::unexpected(AUTHORIZATION, expected, "none"));
            }
            Some(_) | None => {}
        }
        if let Some(error) = parameters.get("error") {
            let description = parameters.get("error_description").cloned();
            return Err(OAuthError::Refused { step: AUTHORIZATION, error: error.clone(), description });
        }
        match parameters.get("code") {
            Some(code) if !code.is_empty() => Ok(code.clone()),
            _ => Err(OAuthError::unexpected(AUTHORIZATION, "a code in the redirect", "neither code nor error")),
        }
    }

    /// Redeems the code.
    ///
    /// # Errors
    /// [`OAuthError`].
    pub async fn redeem(
        &self,
        http: &Http,
        server: &AuthorizationServer,
        client: &Client,
        code: &str,
    ) -> Result<Granted, OAuthError> {
        let form = [
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", &self.redirect_uri),
            ("code_verifier", &self.verifier),
            ("resource", &self.resource),
        ];
        token("token", http, server, client, &form).await
    }
}

/// What the token endpoint gave.
pub struct Granted {
    /// The access token.
    pub access_token: String,
    /// Seconds for which it is good, where the server says so.
    pub expires_in: Option<i64>,
    /// What buys the next one.
    pub refresh_token: Option<String>,
}

/// Buys a fresh access token (RFC 6749 section 6).
///
/// # Errors
/// [`OAuthError`].
pub async fn refresh(
    http: &Http,
    server: &AuthorizationServer,
    client: &Client,
    refresh_token: &str,
    resource: &str,
) -> Result<Granted, OAuthError> {
    let form = [("grant_type", "refresh_token"), ("refresh_token", refresh_token), ("resource", resource)];
    let mut granted = token("refresh", http, server, client, &form).await?;
    // Where none comes, the old one stays good.
    granted.refresh_token.get_or_insert_with(|| refresh_token.to_owned());
    Ok(granted)
}

async fn token(
    step: &'static str,
    http: &Http,
    server: &AuthorizationServer,
    client: &Client,
    form: &[(&str, &str)],
) -> Result<Granted, OAuthError> {
    let request = client.authenticated(http.post(server.token_endpoint()?).header("accept", "application/json"), form);
    let answer = http.json(step, request).await?;
    let kind = answer["token_type"].as_str().unwrap_or_default();
    if !kind.eq_ignore_ascii_case("bearer") {
        return Err(OAuthError::unexpected(step, "token_type Bearer", quoted(kind)));
    }
    Ok(Granted {
        access_token: member(&answer, "access_token", step)?,
        expires_in: answer["expires_in"].as_i64().filter(|seconds| *seconds >= 0),
        refresh_token: answer["refresh_token"].as_str().filter(|t| !t.is_empty()).map(str::to_owned),
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const REDIRECT: &str = "http://127.0.0.1:1/callback";

    fn server(names_itself: bool) -> AuthorizationServer {
        let document = json!({
            "issuer": "https://as.example",
            "authorization_endpoint": "https://as.example/authorize?tenant=1",
            "authorization_response_iss_parameter_supported": names_itself,
        });
        AuthorizationServer::read(&document, "https://as.example", |_| true).unwrap()
    }

    fn request() -> AuthorizationRequest {
        let server = server(false);
        let client = Client::known(&server, "c", None).unwrap();
        AuthorizationRequest::new(&server, &client, REDIRECT, "https://h/mcp", "a b").unwrap()
    }

    #[test]
    fn the_request_keeps_the_endpoints_query_and_names_all_that_the_answer_is_tied_to() {
        let request = request();
        let query: BTreeMap<_, _> = request.url.query_pairs().into_owned().collect();
        for (name, value) in [
            ("tenant", "1"),
            ("response_type", "code"),
            ("client_id", "c"),
            ("redirect_uri", REDIRECT),
            ("state", &request.state),
            ("code_challenge_method", "S256"),
            ("resource", "https://h/mcp"),
            ("scope", "a b"),
        ] {
            assert_eq!(query[name], value, "{name}");
        }
        assert_eq!(query["code_challenge"].len(), 43);
        assert!((43..=128).contains(&request.verifier.len()));
    }

    #[test]
    fn an_answer_must_be_ours_and_the_issuers() {
        let request = request();
        let code = |names_itself: bool, query: &str| {
            let answer = Url::parse(&format!("{REDIRECT}?{}", query.replace("OURS", &request.state))).unwrap();
            request.code(&server(names_itself), &answer).map_err(|e| e.to_string())
        };
        assert_eq!(code(false, "code=x&state=OURS").unwrap(), "x");
        assert_eq!(code(true, "code=x&state=OURS&iss=https%3A%2F%2Fas.example").unwrap(), "x");
        assert!(code(true, "code=x&state=OURS").unwrap_err().contains("iss in the redirect"));
        assert!(
            code(false, "code=x&state=OURS&iss=https%3A%2F%2Fother.example").unwrap_err().contains("other.example")
        );
        assert!(code(false, "code=x&state=other").unwrap_err().contains("our state"));
        assert!(code(false, "state=OURS&error=access_denied").unwrap_err().contains("\"access_denied\""));
        assert!(code(false, "state=OURS").unwrap_err().contains("neither code nor error"));
    }
}
