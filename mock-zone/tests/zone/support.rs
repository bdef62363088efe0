//! A zone, and clients and browsers that speak to it over HTTP as anyone would.

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock, Mutex};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use jiff::Timestamp;
use josekit::jwk::Jwk;
use josekit::jws::{self, JwsVerifier};
use mock_zone::{Clock, Config, MockZone, Ports, Secret};
use openssl::pkey::PKey;
use openssl::rsa::Rsa;
use reqwest::{Client, RequestBuilder, Response, StatusCode, redirect};
use serde_json::{Value, json};
use url::Url;

pub(crate) const RESOURCE: &str = "http://localhost:8080/mcp";
pub(crate) const CALLBACK: &str = "http://localhost:33418/callback";
/// RFC 7636 appendix B.
pub(crate) const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
pub(crate) const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

/// One key for all zones of a test binary: making one costs more than the test.
static KEY: LazyLock<Secret> = LazyLock::new(|| {
    let key = PKey::from_rsa(Rsa::generate(2048).unwrap()).unwrap();
    Secret::new(String::from_utf8(key.private_key_to_pem_pkcs8().unwrap()).unwrap())
});

pub(crate) struct Zone {
    zone: MockZone,
    pub(crate) http: Client,
}

impl Zone {
    pub(crate) async fn start() -> Self {
        Self::with(Config::default()).await
    }

    pub(crate) async fn with(config: Config) -> Self {
        let config = Config { signing_key: Some(KEY.clone()), ..config };
        Self::exactly(config).await
    }

    /// With a clock that stands still until it is put forward.
    pub(crate) async fn with_clock(clock: &Arc<StoppedClock>) -> Self {
        Self::with_clock_and(clock, Config::default()).await
    }

    pub(crate) async fn with_clock_and(clock: &Arc<StoppedClock>, config: Config) -> Self {
        let config = Config { signing_key: Some(KEY.clone()), ..config };
        let clock: Arc<dyn Clock> = Arc::<StoppedClock>::clone(clock);
        let zone = MockZone::start_with(config, Ports { clock, ..Ports::system() }).await.unwrap();
        Self { zone, http: client() }
    }

    /// Without the shared key: the zone makes its own.
    pub(crate) async fn exactly(config: Config) -> Self {
        Self { zone: MockZone::start(config).await.unwrap(), http: client() }
    }

    pub(crate) fn url(&self) -> &str {
        self.zone.url()
    }

    pub(crate) fn at(&self, path: &str) -> String {
        format!("{}{path}", self.url())
    }

    pub(crate) async fn get(&self, path: &str) -> Response {
        self.http.get(self.at(path)).send().await.unwrap()
    }

    pub(crate) async fn text(&self, path: &str) -> String {
        let response = self.get(path).await;
        assert_eq!(response.status(), StatusCode::OK, "{path}");
        response.text().await.unwrap()
    }

    pub(crate) async fn json(&self, path: &str) -> Value {
        serde_json::from_str(&self.text(path).await).unwrap()
    }

    pub(crate) async fn post(&self, path: &str, body: Value) -> (StatusCode, Value) {
        answer(self.http.post(self.at(path)).json(&body)).await
    }

    pub(crate) async fn put(&self, path: &str, body: Value) -> (StatusCode, Value) {
        answer(self.http.put(self.at(path)).json(&body)).await
    }

    pub(crate) async fn delete(&self, path: &str) -> StatusCode {
        let response = self.http.delete(self.at(path)).send().await.unwrap();
        response.status()
    }

    pub(crate) async fn minted(&self, body: Value) -> String {
        let (status, answer) = self.post("/_control/tokens", body).await;
        assert_eq!(status, StatusCode::CREATED, "{answer}");
        text(&answer["token"])
    }

    /// Every event there is, newest last.
    pub(crate) async fn events(&self) -> Vec<Value> {
        let token = self.minted(json!({"defaults": true, "resource": self.at("/events")})).await;
        let (status, page) = answer(self.http.get(self.at("/events?limit=1000")).bearer_auth(token)).await;
        assert_eq!(status, StatusCode::OK, "{page}");
        page["events"].as_array().unwrap().clone()
    }

    pub(crate) async fn last_event(&self) -> Value {
        self.events().await.pop().unwrap()
    }

    /// The newest event, which must be this failure.
    pub(crate) async fn last_failure(&self, event: &str, reason: &str) -> Value {
        let last = self.last_event().await;
        assert_eq!(last["event"], event, "{last}");
        assert_eq!(last["outcome"], "failure", "{last}");
        assert_eq!(last["reason"], reason, "{last}");
        assert_eq!(last["source"]["ip"], "127.0.0.1", "{last}");
        last
    }

    /// None of these stands anywhere in the feed.
    pub(crate) async fn assert_feed_hides(&self, secrets: &[&str]) {
        let events = self.events().await;
        assert!(!events.is_empty());
        let feed = Value::Array(events).to_string();
        for secret in secrets {
            assert!(!secret.is_empty());
            assert!(!feed.contains(secret), "{secret} in {feed}");
        }
    }

    /// A public client as MCP clients register themselves.
    pub(crate) async fn public_client(&self) -> String {
        self.registered("Test client", CALLBACK).await
    }

    /// The same under another name, or answered elsewhere.
    pub(crate) async fn registered(&self, name: &str, redirect_uri: &str) -> String {
        let (status, registration) = self
            .post(
                "/oauth/2/registration",
                json!({"client_name": name, "redirect_uris": [redirect_uri], "token_endpoint_auth_method": "none"}),
            )
            .await;
        assert_eq!(status, StatusCode::CREATED, "{registration}");
        text(&registration["client_id"])
    }

    /// An application with a secret, and the resources that it may use on its own behalf.
    pub(crate) async fn application(&self, resources: &[&str]) -> (String, String) {
        let (status, client) = self
            .post(
                "/_control/clients",
                json!({"name": "Test application", "redirect_uris": [CALLBACK], "resources": resources}),
            )
            .await;
        assert_eq!(status, StatusCode::CREATED, "{client}");
        (text(&client["client_id"]), text(&client["client_secret"]))
    }

    pub(crate) async fn token(&self, form: &[(&str, &str)]) -> (StatusCode, Value) {
        answer(self.http.post(self.at("/oauth/2/token")).form(form)).await
    }

    /// A code, the user having typed their password.
    pub(crate) async fn code(&self, client_id: &str) -> String {
        let redirect = Browser::new(self).sign_in(&AuthorizeRequest::new(client_id)).await;
        query(&redirect)["code"].clone()
    }

    /// The tokens of a sign-in with this request.
    pub(crate) async fn signed_in(&self, request: &AuthorizeRequest) -> Value {
        let redirect = Browser::new(self).sign_in(request).await;
        let (status, tokens) = self.redeem(request.value("client_id"), &query(&redirect)["code"]).await;
        assert_eq!(status, StatusCode::OK, "{tokens}");
        tokens
    }

    pub(crate) async fn redeem(&self, client_id: &str, code: &str) -> (StatusCode, Value) {
        self.token(&redemption(client_id, code)).await
    }

    pub(crate) async fn refresh(&self, client_id: &str, token: &str) -> (StatusCode, Value) {
        self.token(&[("grant_type", "refresh_token"), ("client_id", client_id), ("refresh_token", token)]).await
    }
}

/// A clock that stands still until it is put forward.
pub(crate) struct StoppedClock(Mutex<Timestamp>);

impl StoppedClock {
    pub(crate) fn new() -> Arc<Self> {
        Arc::new(Self(Mutex::new(Timestamp::from_second(1_800_000_000).unwrap())))
    }

    pub(crate) fn forward(&self, by: Duration) {
        *self.0.lock().unwrap() += by;
    }
}

impl Clock for StoppedClock {
    fn now(&self) -> Timestamp {
        *self.0.lock().unwrap()
    }
}

/// A token request for a code, right in every part.
pub(crate) fn redemption<'a>(client_id: &'a str, code: &'a str) -> Vec<(&'a str, &'a str)> {
    vec![
        ("grant_type", "authorization_code"),
        ("client_id", client_id),
        ("code", code),
        ("redirect_uri", CALLBACK),
        ("code_verifier", VERIFIER),
    ]
}

/// An authorization request, right in every part until one is changed.
#[derive(Clone)]
pub(crate) struct AuthorizeRequest(pub(crate) Vec<(String, String)>);

impl AuthorizeRequest {
    pub(crate) fn new(client_id: &str) -> Self {
        Self(Vec::new())
            .but("client_id", client_id)
            .but("response_type", "code")
            .but("redirect_uri", CALLBACK)
            .but("state", "the state")
            .but("code_challenge", CHALLENGE)
            .but("code_challenge_method", "S256")
            .but("resource", RESOURCE)
            .but("scope", "mcp:tools reports:read")
    }

    pub(crate) fn but(self, name: &str, value: &str) -> Self {
        self.without(name).and(name, value)
    }

    pub(crate) fn and(mut self, name: &str, value: &str) -> Self {
        self.0.push((name.to_owned(), value.to_owned()));
        self
    }

    pub(crate) fn value(&self, name: &str) -> &str {
        &self.0.iter().find(|(known, _)| known == name).unwrap().1
    }

    pub(crate) fn without(mut self, name: &str) -> Self {
        self.0.retain(|(known, _)| known != name);
        self
    }
}

/// A browser: it keeps cookies, shows pages, and says where it is sent.
#[derive(Clone)]
pub(crate) struct Browser<'a> {
    zone: &'a Zone,
    cookies: BTreeMap<String, String>,
}

/// What a browser got.
#[derive(Debug)]
pub(crate) struct Shown {
    pub(crate) status: StatusCode,
    pub(crate) location: Option<String>,
    pub(crate) headers: reqwest::header::HeaderMap,
    pub(crate) body: String,
}

impl Shown {
    pub(crate) fn location(&self) -> &str {
        self.location.as_deref().unwrap()
    }
}

/// A form as a script finds it in a page.
#[derive(Debug, Clone)]
pub(crate) struct Form {
    pub(crate) action: String,
    /// The names of the fields to fill in.
    pub(crate) visible: Vec<String>,
    pub(crate) hidden: Vec<(String, String)>,
}

impl<'a> Browser<'a> {
    pub(crate) fn new(zone: &'a Zone) -> Self {
        Self { zone, cookies: BTreeMap::new() }
    }

    pub(crate) async fn show(&mut self, request: RequestBuilder) -> Shown {
        let jar: Vec<String> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let request = if jar.is_empty() { request } else { request.header("cookie", jar.join("; ")) };
        let response = request.send().await.unwrap();
        for cookie in response.headers().get_all("set-cookie") {
            let pair = cookie.to_str().unwrap().split(';').next().unwrap();
            let (name, value) = pair.split_once('=').unwrap();
            self.cookies.insert(name.to_owned(), value.to_owned());
        }
        Shown {
            status: response.status(),
            location: response.headers().get("location").map(|location| location.to_str().unwrap().to_owned()),
            headers: response.headers().clone(),
            body: response.text().await.unwrap(),
        }
    }

    pub(crate) async fn authorize(&mut self, request: &AuthorizeRequest) -> Shown {
        let url = self.zone.at("/oauth/2/authorize");
        self.show(self.zone.http.get(url).query(&request.0)).await
    }

    /// Follows the zone to its sign-in form.
    pub(crate) async fn form(&mut self, request: &AuthorizeRequest) -> Form {
        let page = self.first_page(request).await;
        form(&page.body)
    }

    /// Follows the zone to the first page that it shows.
    pub(crate) async fn first_page(&mut self, request: &AuthorizeRequest) -> Shown {
        let sent = self.authorize(request).await;
        assert_eq!(sent.status, StatusCode::FOUND, "{sent:?}");
        self.follow(&sent).await
    }

    /// Follows the zone to a page of its own.
    pub(crate) async fn follow(&mut self, sent: &Shown) -> Shown {
        let page = self.page(sent.location()).await;
        assert_eq!(page.status, StatusCode::OK, "{page:?}");
        page
    }

    /// Approves, where the zone asks for consent.
    pub(crate) async fn approve(&mut self, sent: Shown) -> Shown {
        if !sent.location.as_deref().is_some_and(|location| location.starts_with("/login/consent?")) {
            return sent;
        }
        let page = self.follow(&sent).await;
        self.send(&approval(&page.body), &[]).await
    }

    pub(crate) async fn page(&mut self, path: &str) -> Shown {
        assert!(path.starts_with("/login/"), "no page of the zone: {path}");
        self.show(self.zone.http.get(self.zone.at(path))).await
    }

    pub(crate) async fn submit(&mut self, form: &Form, username: &str, password: &str) -> Shown {
        self.submit_with(form, username, password, &[]).await
    }

    pub(crate) async fn submit_with(
        &mut self,
        form: &Form,
        username: &str,
        password: &str,
        headers: &[(&str, &str)],
    ) -> Shown {
        self.send_with(form, &[("username", username), ("password", password)], headers).await
    }

    /// Posts a form with what was typed into it.
    pub(crate) async fn send(&mut self, form: &Form, typed: &[(&str, &str)]) -> Shown {
        self.send_with(form, typed, &[]).await
    }

    pub(crate) async fn send_with(&mut self, form: &Form, typed: &[(&str, &str)], headers: &[(&str, &str)]) -> Shown {
        let mut fields = form.hidden.clone();
        fields.extend(typed.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        let mut request = self.zone.http.post(self.zone.at(&form.action)).form(&fields);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        self.show(request).await
    }

    /// All the way to the client's redirect URI, over the consent that a client which registered itself needs.
    pub(crate) async fn sign_in(&mut self, request: &AuthorizeRequest) -> String {
        let form = self.form(request).await;
        let sent = self.submit(&form, "alice@example.com", "password").await;
        let sent = self.approve(sent).await;
        assert_eq!(sent.status, StatusCode::SEE_OTHER, "{sent:?}");
        sent.location().to_owned()
    }
}

/// The sign-in form of a page.
pub(crate) fn form(page: &str) -> Form {
    let first = forms(page).remove(0);
    for visible in ["username", "password"] {
        assert!(first.visible.iter().any(|name| name == visible), "{page}");
    }
    first
}

/// The form of a consent page that approves, found as a script for the real page finds it.
pub(crate) fn approval(page: &str) -> Form {
    choice(page, "approve")
}

pub(crate) fn choice(page: &str, action: &str) -> Form {
    let wanted = ("action".to_owned(), action.to_owned());
    forms(page).into_iter().find(|form| form.hidden.contains(&wanted)).unwrap_or_else(|| panic!("no {action}: {page}"))
}

/// Every form of a page.
pub(crate) fn forms(page: &str) -> Vec<Form> {
    page.split("<form").skip(1).map(|rest| one_form(rest.split("</form").next().unwrap())).collect()
}

/// A form from its tag on, without the `<form`.
fn one_form(page: &str) -> Form {
    let attribute = |tag: &str, name: &str| {
        let (_, rest) = tag.split_once(&format!(" {name}=\"")).unwrap();
        rest.split('"').next().unwrap().replace("&amp;", "&")
    };
    let tags = |name: &str| -> Vec<String> {
        page.split(&format!("<{name}")).skip(1).map(|rest| rest.split('>').next().unwrap().to_owned()).collect()
    };
    let inputs = tags("input");
    Form {
        action: attribute(page.split('>').next().unwrap(), "action"),
        visible: inputs
            .iter()
            .filter(|input| attribute(input, "type") != "hidden")
            .map(|input| attribute(input, "name"))
            .collect(),
        hidden: inputs
            .iter()
            .filter(|input| attribute(input, "type") == "hidden")
            .map(|input| (attribute(input, "name"), attribute(input, "value")))
            .collect(),
    }
}

/// The parameters that a redirect carries.
pub(crate) fn query(url: &str) -> BTreeMap<String, String> {
    Url::parse(url).unwrap().query_pairs().into_owned().collect()
}

/// A client that follows no redirect, so that a test sees each one.
pub(crate) fn client() -> Client {
    Client::builder().redirect(redirect::Policy::none()).no_proxy().build().unwrap()
}

/// The status and the JSON body, null if there is none.
pub(crate) async fn answer(request: RequestBuilder) -> (StatusCode, Value) {
    let response = request.send().await.unwrap();
    let status = response.status();
    let text = response.text().await.unwrap();
    (status, serde_json::from_str(&text).unwrap_or_default())
}

pub(crate) fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}

pub(crate) fn basic(id: &str, secret: &str) -> String {
    format!("Basic {}", STANDARD.encode(format!("{id}:{secret}")))
}

/// The header and the claims of a token that was signed by the published key which it names, by a verifier that was
/// made from that JWK and knows nothing of the zone's.
pub(crate) async fn verified(zone: &Zone, token: &str) -> Option<(Value, Value)> {
    let (header, _) = decoded(token);
    let jwks = zone.json("/openidconnect/jwks").await;
    let jwk = jwks["keys"].as_array().unwrap().iter().find(|jwk| jwk["kid"] == header["kid"])?;
    let jwk = Jwk::from_map(jwk.as_object().unwrap().clone()).unwrap();
    let verifier: Box<dyn JwsVerifier> = match jwk.algorithm().unwrap() {
        "RS256" => Box::new(jws::RS256.verifier_from_jwk(&jwk).unwrap()),
        "PS256" => Box::new(jws::PS256.verifier_from_jwk(&jwk).unwrap()),
        "ES256" => Box::new(jws::ES256.verifier_from_jwk(&jwk).unwrap()),
        "EdDSA" => Box::new(jws::EdDSA.verifier_from_jwk(&jwk).unwrap()),
        other => panic!("{other}"),
    };
    let (claims, _) = jws::deserialize_compact(token, &*verifier).ok()?;
    Some((header, serde_json::from_slice(&claims).unwrap()))
}

/// A token's header and claims, not verified.
pub(crate) fn decoded(token: &str) -> (Value, Value) {
    let part = |n: usize| {
        let segment = token.split('.').nth(n).unwrap();
        serde_json::from_slice(&URL_SAFE_NO_PAD.decode(segment).unwrap()).unwrap()
    };
    (part(0), part(1))
}
