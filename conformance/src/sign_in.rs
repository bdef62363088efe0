//! A user's way in, as an MCP client walks it: register, authorize on the zone's page, redeem the code.
//!
//! The zone is one of ours, so its pages are known: plain HTML whose first form goes on (on the consent page it is the one
//! that allows). What is sent goes to the zone alone.

use std::collections::BTreeMap;

use http::StatusCode;
use http::header::{COOKIE, LOCATION, SET_COOKIE};
use reqwest::RequestBuilder;
use url::Url;

use crate::oauth::OAuthError;
use crate::oauth::code_flow::AuthorizationRequest;
use crate::oauth::http::{Answer, Http};
use crate::oauth::metadata::AuthorizationServer;
use crate::oauth::registration::Client;
use crate::survey::random_id;
use crate::text::quoted;
use crate::zone::{Zone, ZoneError};

/// Where the browser would be sent; nobody listens there, since the redirect is read and not followed.
const REDIRECT_URI: &str = "http://127.0.0.1:33418/callback";
/// Pages and redirects that lead from the authorization request to the code.
const STEPS_AT_MOST: usize = 10;
const AUTHORIZATION: &str = "authorization";

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
    /// The zone did not lead on.
    #[error(transparent)]
    OAuth(#[from] OAuthError),
}

/// Signs a new user in for `resource` and redeems the code.
///
/// # Errors
/// [`SignInError`].
pub async fn sign_in(zone: &Zone, resource: &str, scopes: &str) -> Result<SignedIn, SignInError> {
    let email = format!("{}@conformance.example", random_id());
    let password = random_id();
    let user = zone.create_user(&email, &password).await?;
    let http = Http::new()?;
    let mut browser = Browser::new(zone, http.clone());

    // Not where the issuer says, but where the zone was reached: it may have another name for itself.
    let place = zone.url("/.well-known/oauth-authorization-server");
    let document = http.json("metadata", http.get(place)).await?;
    let server = AuthorizationServer::read(&document, zone.issuer(), |url| browser.is_own(url))?;
    let client = Client::register(&http, &server, REDIRECT_URI, scopes).await?;
    let request = AuthorizationRequest::new(&server, &client, REDIRECT_URI, resource, scopes)?;
    let back = browser.walk(request.url.clone(), &email, &password).await?;
    let code = request.code(&server, &back)?;
    let granted = request.redeem(&http, &server, &client, &code).await?;
    let mut secrets =
        vec![(code, "authorization code"), (request.verifier.clone(), "code verifier"), (password, "password")];
    secrets.extend(granted.refresh_token.map(|refresh| (refresh, "refresh token")));
    let (access_token, client_id) = (granted.access_token, client.id);
    Ok(SignedIn { access_token, client_id, user, resource: resource.to_owned(), secrets })
}

/// As much of a browser as a sign-in needs: it keeps cookies and posts the one form of a page.
struct Browser {
    http: Http,
    zone: Url,
    issuer: Option<Url>,
    cookies: BTreeMap<String, String>,
}

impl Browser {
    fn new(zone: &Zone, http: Http) -> Self {
        let issuer = Url::parse(zone.issuer()).ok();
        Self { http, zone: zone.url("/"), issuer, cookies: BTreeMap::new() }
    }

    /// From the authorization request to the redirect that leaves the zone.
    async fn walk(&mut self, start: Url, email: &str, password: &str) -> Result<Url, OAuthError> {
        let mut request = self.http.get(start.clone());
        let mut at = start;
        for _ in 0..STEPS_AT_MOST {
            let answer = self.send(request).await?;
            if answer.status.is_redirection() {
                let location = answer.headers.get(LOCATION).and_then(|l| l.to_str().ok()).unwrap_or_default();
                let next = at.join(location);
                let next = next.map_err(|_| OAuthError::unexpected(AUTHORIZATION, "a Location", quoted(location)))?;
                if next.as_str().starts_with(REDIRECT_URI) {
                    return Ok(next);
                }
                request = self.http.get(self.own(next.clone())?);
                at = next;
                continue;
            }
            let page = String::from_utf8_lossy(&answer.body).into_owned();
            let Some(form) = Form::of(&page).filter(|_| answer.status == StatusCode::OK) else {
                let actual = format!("{} with {}", answer.status.as_u16(), quoted(page.trim()));
                return Err(OAuthError::unexpected(AUTHORIZATION, "a page with a form", actual));
            };
            let action = at.join(&form.action).unwrap_or_else(|_| at.clone());
            let fields = form.filled(email, password);
            request = self.http.post(self.own(action.clone())?).form(&fields);
            at = action;
        }
        let actual = format!("no redirect after {STEPS_AT_MOST} steps");
        Err(OAuthError::unexpected(AUTHORIZATION, "a redirect to the client", actual))
    }

    /// Whether a URL is the zone's: under the name that we were given, or the one that it gives itself. Credentials go
    /// nowhere else.
    fn is_own(&self, url: &Url) -> bool {
        url.origin() == self.zone.origin() || self.issuer.as_ref().is_some_and(|i| i.origin() == url.origin())
    }

    fn own(&self, url: Url) -> Result<Url, OAuthError> {
        if self.is_own(&url) {
            return Ok(url);
        }
        Err(OAuthError::unexpected(AUTHORIZATION, "pages at the zone's own origin", quoted(url.as_str())))
    }

    async fn send(&mut self, request: RequestBuilder) -> Result<Answer, OAuthError> {
        let cookies: Vec<_> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let request = if cookies.is_empty() { request } else { request.header(COOKIE, cookies.join("; ")) };
        let answer = self.http.send(AUTHORIZATION, request).await?;
        for cookie in answer.headers.get_all(SET_COOKIE) {
            let pair = cookie.to_str().unwrap_or_default().split(';').next().unwrap_or_default();
            if let Some((name, value)) = pair.split_once('=') {
                self.cookies.insert(name.trim().to_owned(), value.to_owned());
            }
        }
        Ok(answer)
    }
}

/// The first form of a page of ours: its action, its method, and the inputs that come filled in.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Form {
    pub(crate) action: String,
    /// Whether it is sent by POST; else by GET.
    pub(crate) is_post: bool,
    pub(crate) inputs: Vec<(String, String)>,
}

impl Form {
    pub(crate) fn of(page: &str) -> Option<Self> {
        let from = &page[page.find("<form")?..];
        let form = &from[..from.find("</form").unwrap_or(from.len())];
        let head = &form[..form.find('>')?];
        let action = attribute(head, "action").unwrap_or_default();
        let is_post = attribute(head, "method").is_some_and(|method| method.eq_ignore_ascii_case("post"));
        let inputs = form.split("<input").skip(1).filter_map(|rest| {
            let tag = &rest[..rest.find('>').unwrap_or(rest.len())];
            Some((attribute(tag, "name")?, attribute(tag, "value").unwrap_or_default()))
        });
        Some(Self { action, is_post, inputs: inputs.collect() })
    }

    /// The form as the user fills it in: names as on the real pages.
    pub(crate) fn filled(self, email: &str, password: &str) -> Vec<(String, String)> {
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
        assert_eq!((form.action.as_str(), form.is_post), ("/login?a=1&b=2", true));
        let filled = form.filled("a@b", "pw");
        let expected = [("csrf", "c\"d"), ("username", "a@b"), ("password", "pw")];
        assert_eq!(filled, expected.map(|(n, v)| (n.to_owned(), v.to_owned())));
        assert_eq!(Form::of("<p>no form</p>"), None);
    }
}
