//! A user's way in, as an MCP client walks it: register, authorize on the zone's page, redeem the code.
//!
//! The zone is one of ours, so its page is known: plain HTML with one form. What is sent goes to the zone alone.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::StatusCode;
use http::header::{COOKIE, LOCATION, SET_COOKIE};
use serde_json::{Value, json};
use url::Url;

use crate::client::{USER_AGENT, innermost};
use crate::survey::random_id;
use crate::text::quoted;
use crate::zone::{Zone, ZoneError};

/// Where the browser would be sent; nobody listens there, since the redirect is read and not followed.
const REDIRECT_URI: &str = "http://127.0.0.1:33418/callback";
/// Pages and redirects that lead from the authorization request to the code.
const STEPS_AT_MOST: usize = 10;
/// Most of a page that is read, in bytes.
const BODY_AT_MOST: usize = 512 * 1024;

/// What came of a sign-in.
#[derive(Debug, Clone)]
pub struct SignedIn {
    /// The access token.
    pub access_token: String,
    /// The client that was registered for it.
    pub client_id: String,
    /// The user's identifier.
    pub user: String,
    /// The resource that the token is for.
    pub resource: String,
    /// What else of it is nobody's business, each with a name for it.
    pub secrets: Vec<(String, &'static str)>,
}

/// Why the sign-in did not get to its end.
#[derive(Debug, thiserror::Error)]
pub enum SignInError {
    /// The control plane failed.
    #[error(transparent)]
    Zone(#[from] ZoneError),
    /// No answer.
    #[error("{step}: no answer from the zone: {cause}")]
    NoAnswer {
        /// What was asked for.
        step: &'static str,
        /// What happened instead.
        cause: String,
    },
    /// An answer that leads nowhere.
    #[error("{step}: expected {expected}, got {actual}")]
    Unexpected {
        /// What was asked for.
        step: &'static str,
        /// What would have led on.
        expected: &'static str,
        /// What came.
        actual: String,
    },
}

/// Signs a new user in for `resource` and redeems the code.
///
/// # Errors
/// [`SignInError`].
pub async fn sign_in(zone: &Zone, resource: &str, scopes: &str) -> Result<SignedIn, SignInError> {
    let email = format!("{}@conformance.example", random_id());
    let password = random_id();
    let user = zone.create_user(&email, &password).await?;
    let mut browser = Browser::new(zone)?;

    let metadata =
        browser.json("metadata", browser.http.get(zone.url("/.well-known/oauth-authorization-server"))).await?;
    let registration = json!({
        "client_name": "conformance",
        "redirect_uris": [REDIRECT_URI],
        "token_endpoint_auth_method": "none",
        "grant_types": ["authorization_code"],
        "response_types": ["code"],
    });
    let endpoint = browser.endpoint(&metadata, "registration_endpoint")?;
    let client = browser.json("registration", browser.http.post(endpoint).json(&registration)).await?;
    let client_id = text(&client, "client_id", "registration")?;

    let (verifier, state) = (format!("{}{}", random_id(), random_id()), random_id());
    let challenge = URL_SAFE_NO_PAD.encode(openssl::sha::sha256(verifier.as_bytes()));
    let mut authorize = browser.endpoint(&metadata, "authorization_endpoint")?;
    authorize.query_pairs_mut().extend_pairs([
        ("response_type", "code"),
        ("client_id", &client_id),
        ("redirect_uri", REDIRECT_URI),
        ("state", &state),
        ("code_challenge", &challenge),
        ("code_challenge_method", "S256"),
        ("resource", resource),
    ]);
    if !scopes.is_empty() {
        authorize.query_pairs_mut().append_pair("scope", scopes);
    }
    let back = browser.walk(authorize, &email, &password).await?;
    let answer: BTreeMap<String, String> = back.query_pairs().into_owned().collect();
    let unexpected = |expected, actual: String| SignInError::Unexpected { step: "authorization", expected, actual };
    if answer.get("state") != Some(&state) {
        return Err(unexpected("our state in the redirect", "another one".to_owned()));
    }
    // RFC 9207 section 2.4: a client that gets an issuer compares it.
    if answer.get("iss").is_some_and(|iss| iss != zone.issuer()) {
        return Err(unexpected("the zone's issuer in the redirect", quoted(&answer["iss"])));
    }
    let Some(code) = answer.get("code") else {
        let error = answer.get("error").map_or("neither code nor error".to_owned(), |e| quoted(e));
        return Err(unexpected("a code in the redirect", error));
    };
    let form = [
        ("grant_type", "authorization_code"),
        ("code", code),
        ("redirect_uri", REDIRECT_URI),
        ("client_id", &client_id),
        ("code_verifier", &verifier),
        ("resource", resource),
    ];
    let endpoint = browser.endpoint(&metadata, "token_endpoint")?;
    let token = browser.json("token", browser.http.post(endpoint).form(&form)).await?;
    let access_token = text(&token, "access_token", "token")?;
    let mut secrets = vec![(code.clone(), "authorization code"), (verifier, "code verifier"), (password, "password")];
    secrets.extend(token["refresh_token"].as_str().map(|refresh| (refresh.to_owned(), "refresh token")));
    Ok(SignedIn { access_token, client_id, user, resource: resource.to_owned(), secrets })
}

/// As much of a browser as a sign-in needs: it keeps cookies and posts the one form of a page.
struct Browser {
    http: reqwest::Client,
    zone: Url,
    issuer: Option<Url>,
    cookies: BTreeMap<String, String>,
}

impl Browser {
    fn new(zone: &Zone) -> Result<Self, SignInError> {
        let built = reqwest::Client::builder()
            .user_agent(USER_AGENT)
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .timeout(std::time::Duration::from_secs(20))
            .build();
        let http = built.map_err(|e| SignInError::NoAnswer { step: "set-up", cause: innermost(&e) })?;
        let issuer = Url::parse(zone.issuer()).ok();
        Ok(Self { http, zone: zone.url("/"), issuer, cookies: BTreeMap::new() })
    }

    /// An endpoint of the metadata, which must be the zone's own: credentials go nowhere else.
    fn endpoint(&self, metadata: &Value, name: &'static str) -> Result<Url, SignInError> {
        let unexpected =
            |actual| SignInError::Unexpected { step: name, expected: "a URL at the zone's own origin", actual };
        let value = metadata[name].as_str().unwrap_or_default();
        let url = Url::parse(value).map_err(|_| unexpected(quoted(value)))?;
        if self.is_own(&url) { Ok(url) } else { Err(unexpected(quoted(value))) }
    }

    /// From the authorization request to the redirect that leaves the zone.
    async fn walk(&mut self, start: Url, email: &str, password: &str) -> Result<Url, SignInError> {
        let mut request = self.http.get(start.clone());
        let mut at = start;
        for _ in 0..STEPS_AT_MOST {
            let (status, headers, body) = self.send("authorization", request).await?;
            if status.is_redirection() {
                let location = headers.get(LOCATION).and_then(|l| l.to_str().ok()).unwrap_or_default();
                let next = at.join(location).map_err(|_| SignInError::Unexpected {
                    step: "authorization",
                    expected: "a Location",
                    actual: quoted(location),
                })?;
                if next.as_str().starts_with(REDIRECT_URI) {
                    return Ok(next);
                }
                request = self.http.get(self.own(next.clone())?);
                at = next;
                continue;
            }
            let page = String::from_utf8_lossy(&body).into_owned();
            let Some(form) = Form::of(&page).filter(|_| status == StatusCode::OK) else {
                let actual = format!("{} with {}", status.as_u16(), quoted(page.trim()));
                return Err(SignInError::Unexpected { step: "authorization", expected: "a page with a form", actual });
            };
            let action = at.join(&form.action).unwrap_or_else(|_| at.clone());
            let fields = form.filled(email, password);
            request = self.http.post(self.own(action.clone())?).form(&fields);
            at = action;
        }
        let actual = format!("no redirect after {STEPS_AT_MOST} steps");
        Err(SignInError::Unexpected { step: "authorization", expected: "a redirect to the client", actual })
    }

    /// Whether a URL is the zone's: under the name that we were given, or the one that it gives itself.
    fn is_own(&self, url: &Url) -> bool {
        url.origin() == self.zone.origin() || self.issuer.as_ref().is_some_and(|i| i.origin() == url.origin())
    }

    fn own(&self, url: Url) -> Result<Url, SignInError> {
        if self.is_own(&url) {
            return Ok(url);
        }
        let actual = quoted(url.as_str());
        Err(SignInError::Unexpected { step: "authorization", expected: "pages at the zone's own origin", actual })
    }

    async fn json(&mut self, step: &'static str, request: reqwest::RequestBuilder) -> Result<Value, SignInError> {
        let (status, _, body) = self.send(step, request).await?;
        let parsed: Option<Value> = serde_json::from_slice(&body).ok();
        match parsed {
            Some(value) if status.is_success() => Ok(value),
            other => {
                let error = other.as_ref().and_then(|v| v["error"].as_str()).unwrap_or("no JSON");
                let description = other.as_ref().and_then(|v| v["error_description"].as_str()).unwrap_or_default();
                let actual = format!("{} with {} {}", status.as_u16(), quoted(error), quoted(description));
                Err(SignInError::Unexpected { step, expected: "success with JSON", actual })
            }
        }
    }

    async fn send(
        &mut self,
        step: &'static str,
        request: reqwest::RequestBuilder,
    ) -> Result<(StatusCode, http::HeaderMap, Vec<u8>), SignInError> {
        let failed = |cause: String| SignInError::NoAnswer { step, cause };
        let cookies: Vec<_> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let request = if cookies.is_empty() { request } else { request.header(COOKIE, cookies.join("; ")) };
        let mut response = request.send().await.map_err(|e| failed(innermost(&e)))?;
        for cookie in response.headers().get_all(SET_COOKIE) {
            let pair = cookie.to_str().unwrap_or_default().split(';').next().unwrap_or_default();
            if let Some((name, value)) = pair.split_once('=') {
                self.cookies.insert(name.trim().to_owned(), value.to_owned());
            }
        }
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|e| failed(innermost(&e)))? {
            body.extend_from_slice(&chunk);
            if body.len() > BODY_AT_MOST {
                return Err(failed("more than 512 KiB".to_owned()));
            }
        }
        Ok((response.status(), response.headers().clone(), body))
    }
}

fn text(answer: &Value, name: &'static str, step: &'static str) -> Result<String, SignInError> {
    let missing = || SignInError::Unexpected { step, expected: name, actual: "an answer without it".to_owned() };
    answer[name].as_str().map(str::to_owned).ok_or_else(missing)
}

/// The first form of a page of ours: its action, and the inputs that come filled in.
#[derive(Debug, PartialEq, Eq)]
struct Form {
    action: String,
    inputs: Vec<(String, String)>,
}

impl Form {
    fn of(page: &str) -> Option<Self> {
        let from = &page[page.find("<form")?..];
        let form = &from[..from.find("</form").unwrap_or(from.len())];
        let action = attribute(&form[..form.find('>')?], "action").unwrap_or_default();
        let inputs = form.split("<input").skip(1).filter_map(|rest| {
            let tag = &rest[..rest.find('>').unwrap_or(rest.len())];
            Some((attribute(tag, "name")?, attribute(tag, "value").unwrap_or_default()))
        });
        Some(Self { action, inputs: inputs.collect() })
    }

    /// The form as the user fills it in: names as on the real pages.
    fn filled(self, email: &str, password: &str) -> Vec<(String, String)> {
        let fill = |(name, value): (String, String)| match name.as_str() {
            "identifier" | "username" => (name, email.to_owned()),
            "password" => (name, password.to_owned()),
            _ => (name, value),
        };
        self.inputs.into_iter().map(fill).collect()
    }
}

fn attribute(tag: &str, name: &str) -> Option<String> {
    let start = tag.find(&format!(" {name}=\""))? + name.len() + 3;
    let value = &tag[start..start + tag[start..].find('"')?];
    Some(
        value
            .replace("&quot;", "\"")
            .replace("&#39;", "'")
            .replace("&lt;", "<")
            .replace("&gt;", ">")
            .replace("&amp;", "&"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_form_of_a_page_is_filled_in_as_a_user_would() {
        let page = r#"<p>x</p><form method="post" action="/login?a=1&amp;b=2"><input type="hidden" name="csrf" value="c&quot;d">
            <input type="email" name="username" required><input type="password" name="password"><button>Sign in</button></form>"#;
        let form = Form::of(page).unwrap();
        assert_eq!(form.action, "/login?a=1&b=2");
        let filled = form.filled("a@b", "pw");
        let expected = [("csrf", "c\"d"), ("username", "a@b"), ("password", "pw")];
        assert_eq!(filled, expected.map(|(n, v)| (n.to_owned(), v.to_owned())));
        assert_eq!(Form::of("<p>no form</p>"), None);
    }
}
