//! The page behind an elicitation's URL: its user signs in at the zone, is compared with the one who was sent here, and
//! says which folder to connect.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::body::Body;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{Html, IntoResponse, Redirect, Response};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::Method;
use serde_json::{Value, json};
use support::fault::{Asked, Inputs};
use url::Url;

use crate::inputs::random;

const PATH: &str = "/connect";
const CALLBACK: &str = "/connect/callback";

/// What the page is made of, and what it remembers.
pub(crate) struct Connect {
    rules: Inputs,
    zone: String,
    origin: String,
    resource: String,
    http: reqwest::Client,
    kept: Mutex<Kept>,
}

#[derive(Default)]
struct Kept {
    /// The owner of each elicitation, and the folder once there is one.
    elicitations: HashMap<String, (Value, Option<String>)>,
    /// Sign-ins that have not come back, by `state`: the browser, the elicitation, the verifier.
    sign_ins: HashMap<String, (String, String, String)>,
    /// The subject who is signed in, by cookie.
    sessions: HashMap<String, String>,
    /// As whom the zone knows this server.
    client_id: Option<String>,
}

impl Connect {
    pub(crate) fn new(rules: Inputs, zone: &str, origin: &str, resource: &str) -> Self {
        Self {
            rules,
            zone: zone.to_owned(),
            origin: origin.to_owned(),
            resource: resource.to_owned(),
            http: reqwest::Client::builder().no_proxy().timeout(Duration::from_secs(3)).build().unwrap_or_default(),
            kept: Mutex::default(),
        }
    }

    /// The URL of a page for this user.
    pub(crate) fn page_for(&self, who: &Value) -> String {
        let id = random();
        self.kept().elicitations.insert(id.clone(), (who.clone(), None));
        format!("{}{PATH}?id={id}", self.origin)
    }

    /// The folder that this user has connected; the next call asks anew.
    pub(crate) fn take(&self, who: &Value) -> Option<String> {
        let mut kept = self.kept();
        let done = kept.elicitations.iter().find(|(_, (owner, folder))| owner == who && folder.is_some());
        let id = done.map(|(id, _)| id.clone())?;
        kept.elicitations.remove(&id).and_then(|(_, folder)| folder)
    }

    /// Answers a browser; none where it asks for something else.
    pub(crate) async fn answer(&self, asked: &Asked) -> Option<Response> {
        let url = Url::parse(&self.origin).ok()?.join(&asked.uri).ok()?;
        let said: HashMap<String, String> = match asked.method {
            Method::POST => url::form_urlencoded::parse(asked.body.as_bytes()).into_owned().collect(),
            _ => url.query_pairs().into_owned().collect(),
        };
        match url.path() {
            PATH if !(self.rules.page_open)(asked) => Some(refusal(StatusCode::FORBIDDEN, "Are you a robot?")),
            PATH => Some(self.page(asked, &said).await),
            CALLBACK => Some(self.signed_in(asked, &said).await),
            _ => None,
        }
    }

    async fn page(&self, asked: &Asked, said: &HashMap<String, String>) -> Response {
        let id = said.get("id").cloned().unwrap_or_default();
        let Some(owner) = self.kept().elicitations.get(&id).map(|(owner, _)| owner[0].clone()) else {
            return refusal(StatusCode::NOT_FOUND, "There is no such question.");
        };
        let session = cookie(asked, "session");
        let user = session.as_ref().and_then(|session| self.kept().sessions.get(session).cloned());
        let is_post = asked.method == Method::POST;
        match &user {
            None if self.rules.signed_in || is_post => return self.sign_in(&id).await,
            Some(user) if self.rules.same_user && owner != user.as_str() => {
                return refusal(StatusCode::FORBIDDEN, "This question is another user's.");
            }
            _ => {}
        }
        // Of the session, so that no other page can send the form.
        let form_token =
            session.as_ref().map(|session| URL_SAFE_NO_PAD.encode(openssl::sha::sha256(session.as_bytes())));
        if is_post {
            if said.get("form_token") != form_token.as_ref() {
                return refusal(StatusCode::FORBIDDEN, "Open the page once more.");
            }
            if let Some((_, folder)) = self.kept().elicitations.get_mut(&id) {
                *folder = said.get("folder").cloned();
            }
            return Html("<p>Your drive is connected. Close this page.</p>").into_response();
        }
        let form_token = form_token.unwrap_or_default();
        Html(format!(
            "<h1>Connect your drive</h1><form method=\"post\" action=\"{PATH}\"><input type=\"hidden\" name=\"id\" \
             value=\"{id}\"><input type=\"hidden\" name=\"form_token\" value=\"{form_token}\"><input name=\"folder\">\
             <button>Connect</button></form>"
        ))
        .into_response()
    }

    /// Sends the browser to the zone.
    async fn sign_in(&self, id: &str) -> Response {
        let Some(client_id) = self.client_id().await else {
            return refusal(StatusCode::BAD_GATEWAY, "The zone does not answer.");
        };
        let Ok(mut url) = Url::parse(&format!("{}/oauth/2/authorize", self.zone)) else {
            return refusal(StatusCode::BAD_GATEWAY, "There is no zone.");
        };
        let (state, browser, verifier) = (random(), random(), format!("{}{}", random(), random()));
        let challenge = URL_SAFE_NO_PAD.encode(openssl::sha::sha256(verifier.as_bytes()));
        url.query_pairs_mut().extend_pairs([
            ("response_type", "code"),
            ("client_id", &client_id),
            ("redirect_uri", &format!("{}{CALLBACK}", self.origin)),
            ("state", &state),
            ("code_challenge", &challenge),
            ("code_challenge_method", "S256"),
            ("resource", &self.resource),
        ]);
        self.kept().sign_ins.insert(state, (browser.clone(), id.to_owned(), verifier));
        with_cookie(Redirect::to(url.as_str()).into_response(), "browser", &browser)
    }

    /// Takes the code that the zone sent the browser back with.
    async fn signed_in(&self, asked: &Asked, said: &HashMap<String, String>) -> Response {
        let sign_in = said.get("state").and_then(|state| self.kept().sign_ins.remove(state));
        let Some((_, id, verifier)) =
            sign_in.filter(|(browser, ..)| cookie(asked, "browser").as_ref() == Some(browser))
        else {
            return refusal(StatusCode::FORBIDDEN, "Nobody is signing in here.");
        };
        let Some(subject) = self.redeem(said.get("code").map_or("", String::as_str), &verifier).await else {
            return refusal(StatusCode::FORBIDDEN, "The sign-in failed.");
        };
        let session = random();
        self.kept().sessions.insert(session.clone(), subject);
        with_cookie(Redirect::to(&format!("{PATH}?id={id}")).into_response(), "session", &session)
    }

    /// The subject of the token that a code buys. It comes from the zone itself, so that its signature adds nothing.
    async fn redeem(&self, code: &str, verifier: &str) -> Option<String> {
        let client_id = self.client_id().await?;
        let form = url::form_urlencoded::Serializer::new(String::new())
            .extend_pairs([
                ("grant_type", "authorization_code"),
                ("code", code),
                ("redirect_uri", &format!("{}{CALLBACK}", self.origin)),
                ("code_verifier", verifier),
                ("client_id", &client_id),
                ("resource", &self.resource),
            ])
            .finish();
        let request = self.http.post(format!("{}/oauth/2/token", self.zone)).body(form);
        let request = request.header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        let answer: Value = serde_json::from_slice(&request.send().await.ok()?.bytes().await.ok()?).ok()?;
        let claims = URL_SAFE_NO_PAD.decode(answer["access_token"].as_str()?.split('.').nth(1)?).ok()?;
        serde_json::from_slice::<Value>(&claims).ok()?["sub"].as_str().map(str::to_owned)
    }

    /// As whom the zone knows this server, which registers itself when it is first needed.
    async fn client_id(&self) -> Option<String> {
        if let Some(known) = &self.kept().client_id {
            return Some(known.clone());
        }
        let metadata = json!({
            "client_name": "the drive's page",
            "redirect_uris": [format!("{}{CALLBACK}", self.origin)],
            "token_endpoint_auth_method": "none",
        });
        let request = self.http.post(format!("{}/oauth/2/registration", self.zone)).body(metadata.to_string());
        let request = request.header(header::CONTENT_TYPE, "application/json");
        let answer: Value = serde_json::from_slice(&request.send().await.ok()?.bytes().await.ok()?).ok()?;
        let id = answer["client_id"].as_str()?.to_owned();
        Some(self.kept().client_id.get_or_insert(id).clone())
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn refusal(status: StatusCode, why: &'static str) -> Response {
    (status, Html(format!("<p>{why}</p>"))).into_response()
}

fn cookie(asked: &Asked, name: &str) -> Option<String> {
    let pairs = asked.header("cookie")?.split(';').filter_map(|pair| pair.trim().split_once('='));
    pairs.filter(|(n, _)| *n == name).map(|(_, value)| value.to_owned()).next()
}

fn with_cookie(mut response: Response<Body>, name: &str, value: &str) -> Response {
    let cookie = format!("{name}={value}; Path={PATH}; HttpOnly; SameSite=Lax");
    response.headers_mut().extend(HeaderValue::try_from(cookie).map(|cookie| (header::SET_COOKIE, cookie)));
    response
}
