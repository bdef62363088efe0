//! Exchanges in which more than a caller's token counts: an application that names the user itself, and actors.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use mock_zone::Config;
use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::support::{AuthorizeRequest, Browser, RESOURCE, Zone, answer, basic, decoded, text};

const API: &str = "http://localhost:8000/mcp";
const GRANT: &str = "urn:ietf:params:oauth:grant-type:token-exchange";
const ACCESS_TOKEN: &str = "urn:ietf:params:oauth:token-type:access_token";
const SUBSTITUTE_USER: &str = "urn:keycard:params:oauth:token-type:substitute-user";

struct Server {
    client_id: String,
    secret: String,
}

impl Server {
    async fn with(zone: &Zone, members: Value) -> Self {
        let (status, client) = zone.post("/_control/clients", members).await;
        assert_eq!(status, StatusCode::CREATED, "{client}");
        Self { client_id: text(&client["client_id"]), secret: text(&client["client_secret"]) }
    }

    /// One that provides [`RESOURCE`] and may reach [`API`].
    async fn provider(zone: &Zone) -> Self {
        let server = Self::with(zone, json!({"name": "Server", "resources": [API]})).await;
        let resource = json!({"identifier": RESOURCE, "application": server.client_id});
        assert_eq!(zone.post("/_control/resources", resource).await.0, StatusCode::OK);
        server
    }

    async fn ask(&self, zone: &Zone, form: &[(&str, &str)]) -> (StatusCode, Value) {
        let request = zone.http.post(zone.at("/oauth/2/token"));
        answer(request.header("authorization", basic(&self.client_id, &self.secret)).form(form)).await
    }

    async fn impersonate(&self, zone: &Zone, user: &str) -> (StatusCode, Value) {
        let token = substitute(user);
        let form = [
            ("grant_type", GRANT),
            ("subject_token", token.as_str()),
            ("subject_token_type", SUBSTITUTE_USER),
            ("resource", API),
        ];
        self.ask(zone, &form).await
    }
}

fn substitute(user: &str) -> String {
    let part = |value: Value| URL_SAFE_NO_PAD.encode(value.to_string());
    format!("{}.{}.", part(json!({"typ": "vnd.kc.su+jwt", "alg": "none"})), part(json!({"sub": user})))
}

fn is_error((status, body): &(StatusCode, Value), error: &str, says: &str) {
    assert_eq!((*status, &body["error"]), (StatusCode::BAD_REQUEST, &json!(error)), "{body}");
    assert!(text(&body["error_description"]).contains(says), "{says:?} in {body}");
}

async fn alice(zone: &Zone) -> String {
    text(&zone.json("/_control").await["users"][0]["identifier"])
}

#[tokio::test]
async fn nobody_impersonates_unless_it_is_permitted_and_the_user_granted_access() {
    let zone = Zone::start().await;
    let alice = alice(&zone).await;
    let ordinary = Server::with(&zone, json!({"name": "Ordinary", "resources": [API]})).await;
    let agent = Server::with(&zone, json!({"name": "Agent", "resources": [API], "impersonation": true})).await;
    let unrelated = Server::with(&zone, json!({"name": "Unrelated", "impersonation": true})).await;

    is_error(&ordinary.impersonate(&zone, &alice).await, "access_denied", "policy denies impersonation");
    is_error(&ordinary.impersonate(&zone, "nobody").await, "access_denied", "policy denies impersonation");
    is_error(&unrelated.impersonate(&zone, &alice).await, "access_denied", "not among its dependencies");
    is_error(&agent.impersonate(&zone, "nobody").await, "invalid_request", "names no user");
    is_error(&agent.impersonate(&zone, &alice).await, "insufficient_authorization", "User consent is required");
    let event = zone.last_failure("credentials:issue", "insufficient_authorization").await;
    assert_eq!(event["actor"]["user"]["identifier"], alice);

    let public = zone.public_client().await;
    Browser::new(&zone).sign_in(&AuthorizeRequest::new(&public).but("resource", API)).await;
    let (status, answer) = agent.impersonate(&zone, &alice).await;

    assert_eq!(status, StatusCode::OK, "{answer}");
    assert_eq!(answer["issued_token_type"], ACCESS_TOKEN);
    assert_eq!(answer["refresh_token"], Value::Null);
    let (_, claims) = decoded(&text(&answer["access_token"]));
    // No session and no actor: what a live token carried.
    let mut names: Vec<_> = claims.as_object().unwrap().keys().map(String::as_str).collect();
    names.sort_unstable();
    assert_eq!(names, ["aud", "client_id", "exp", "iat", "iss", "jti", "keycard_app_id", "sub", "sub_profile"]);
    assert_eq!((&claims["sub"], &claims["sub_profile"], &claims["aud"]), (&json!(alice), &json!("user"), &json!(API)));
    assert_eq!(claims["client_id"], agent.client_id);
    // Somebody else's grant is not the user's.
    let bob = text(&zone.json("/_control").await["users"][1]["identifier"]);
    is_error(&agent.impersonate(&zone, &bob).await, "insufficient_authorization", "User consent is required");
    is_error(&ordinary.impersonate(&zone, &alice).await, "access_denied", "policy denies impersonation");
}

#[tokio::test]
async fn a_substitute_user_must_have_the_right_form() {
    let zone = Zone::start().await;
    let alice = alice(&zone).await;
    let agent = Server::with(&zone, json!({"name": "Agent", "resources": [API], "impersonation": true})).await;
    let real = zone.minted(json!({"defaults": true, "resource": API})).await;

    for token in [real, format!("{}c2ln", substitute(&alice)), alice] {
        let form = [
            ("grant_type", GRANT),
            ("subject_token", token.as_str()),
            ("subject_token_type", SUBSTITUTE_USER),
            ("resource", API),
        ];
        is_error(&agent.ask(&zone, &form).await, "invalid_request", "must be an unsigned JWT");
    }
    // An unsigned token is good for nothing else.
    let token = substitute("anyone");
    let form = [
        ("grant_type", GRANT),
        ("subject_token", token.as_str()),
        ("subject_token_type", ACCESS_TOKEN),
        ("resource", API),
    ];
    is_error(&agent.ask(&zone, &form).await, "invalid_request", "the subject_token opens nothing");
}

/// The chain in the token that `server` gets for this subject token, acting as itself or not.
async fn chain(server: &Server, zone: &Zone, subject: Value, actor: Option<&str>) -> (StatusCode, Value) {
    let subject_token = zone.minted(json!({"defaults": true, "resource": RESOURCE, "claims": subject})).await;
    let mut form = vec![
        ("grant_type", GRANT),
        ("subject_token", subject_token.as_str()),
        ("subject_token_type", ACCESS_TOKEN),
        ("resource", API),
    ];
    if let Some(actor) = actor {
        form.extend([("actor_token", actor), ("actor_token_type", ACCESS_TOKEN)]);
    }
    let (status, answer) = server.ask(zone, &form).await;
    match answer["access_token"].as_str() {
        Some(token) => (status, decoded(token).1["act"].clone()),
        None => (status, answer),
    }
}

#[tokio::test]
async fn an_actor_is_written_down_before_those_who_acted_earlier() {
    let zone = Zone::with(Config { act_chain: true, ..Config::default() }).await;
    let server = Server::provider(&zone).await;
    let own = ("grant_type", "client_credentials");
    let (_, answer) = server.ask(&zone, &[own, ("resource", API)]).await;
    let actor = text(&answer["access_token"]);
    let itself = json!({"sub": decoded(&actor).1["sub"], "sub_profile": "app"});

    assert_eq!(chain(&server, &zone, json!({}), None).await, (StatusCode::OK, Value::Null));
    assert_eq!(chain(&server, &zone, json!({}), Some(&actor)).await, (StatusCode::OK, itself.clone()));
    let earlier = json!({"sub": "first", "act": {"sub": "zeroth"}});
    let mut both = itself;
    both["act"] = earlier.clone();
    assert_eq!(chain(&server, &zone, json!({"act": earlier}), Some(&actor)).await, (StatusCode::OK, both));
    assert_eq!(chain(&server, &zone, json!({"act": earlier}), None).await, (StatusCode::OK, earlier));

    // Of a caller who was sent here: their own token names them.
    let caller = zone.minted(json!({"defaults": true, "resource": RESOURCE, "claims": {"sub": "caller"}})).await;
    let (_, act) = chain(&server, &zone, json!({}), Some(&caller)).await;
    assert_eq!(act["sub"], "caller");
}

#[tokio::test]
async fn an_actor_must_be_known_to_be_one() {
    let zone = Zone::with(Config { act_chain: true, ..Config::default() }).await;
    let server = Server::provider(&zone).await;
    let expired = zone.minted(json!({"defaults": true, "resource": RESOURCE, "claims": {"exp": 1}})).await;
    let foreign = zone.minted(json!({"defaults": true, "resource": RESOURCE, "key": "foreign"})).await;
    let of_another = zone.minted(json!({"defaults": true, "resource": API})).await;
    let good = zone.minted(json!({"defaults": true, "resource": RESOURCE})).await;

    for (actor, says) in [
        (&expired, "the actor_token opens nothing: it has expired"),
        (&foreign, "the actor_token opens nothing: its signature is wrong"),
        (&of_another, "neither issued to this client nor sent"),
        (&substitute("alice"), "the actor_token opens nothing"),
    ] {
        is_error(&chain(&server, &zone, json!({}), Some(actor)).await, "invalid_request", says);
    }
    let deep =
        |actors: usize| (1..actors).fold(json!({"sub": "0"}), |act, n| json!({"sub": n.to_string(), "act": act}));
    assert_eq!(chain(&server, &zone, json!({"act": deep(7)}), Some(&good)).await.0, StatusCode::OK);
    is_error(
        &chain(&server, &zone, json!({"act": deep(8)}), Some(&good)).await,
        "invalid_request",
        "the chain of actors is longer than 8",
    );
}

#[tokio::test]
async fn without_the_switch_there_are_no_actors() {
    let zone = Zone::start().await;
    let server = Server::provider(&zone).await;
    let good = zone.minted(json!({"defaults": true, "resource": RESOURCE})).await;

    is_error(&chain(&server, &zone, json!({}), Some(&good)).await, "invalid_request", "takes no actor_token");
    let acted = json!({"act": {"sub": "first"}});
    assert_eq!(chain(&server, &zone, acted, None).await, (StatusCode::OK, Value::Null));
}
