//! Token exchange: a server that was sent a token gets one for an API behind it, for the same user.

use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::support::{AuthorizeRequest, Browser, RESOURCE, Zone, answer, basic, decoded, query, text};

const API: &str = "http://localhost:8000/mcp";
const GRANT: &str = "urn:ietf:params:oauth:grant-type:token-exchange";
const ACCESS_TOKEN: &str = "urn:ietf:params:oauth:token-type:access_token";

/// A server with credentials, which provides [`RESOURCE`] and may reach [`API`].
struct Server {
    client_id: String,
    secret: String,
}

impl Server {
    async fn at(zone: &Zone) -> Self {
        Self::with(zone, json!({"name": "Server", "resources": [API]})).await
    }

    async fn with(zone: &Zone, client: Value) -> Self {
        let (status, client) = zone.post("/_control/clients", client).await;
        assert_eq!(status, StatusCode::CREATED, "{client}");
        let client_id = text(&client["client_id"]);
        let (status, refusal) =
            zone.post("/_control/resources", json!({"identifier": RESOURCE, "application": client_id})).await;
        assert_eq!(status, StatusCode::OK, "{refusal}");
        Self { secret: text(&client["client_secret"]), client_id }
    }

    /// As Keycard's SDKs send it: four fields, and the credentials in the header.
    async fn exchange(&self, zone: &Zone, form: &[(&str, &str)]) -> (StatusCode, Value) {
        let request = zone.http.post(zone.at("/oauth/2/token"));
        answer(request.header("authorization", basic(&self.client_id, &self.secret)).form(form)).await
    }

    /// Sends a request that must be refused with `error`, and leave its event.
    async fn is_refused(&self, zone: &Zone, form: &[(&str, &str)], error: &str, says: &str) {
        let (status, body) = self.exchange(zone, form).await;
        assert_eq!((status, &body["error"]), (StatusCode::BAD_REQUEST, &json!(error)), "{body}");
        assert!(text(&body["error_description"]).contains(says), "{says:?} in {body}");
        let event = zone.last_failure("credentials:issue", error).await;
        assert_eq!(event["grant_type"], GRANT, "{event}");
        assert_eq!(event["actor"]["client"]["client_id"], self.client_id, "{event}");
    }
}

async fn subject_token(zone: &Zone, claims: Value) -> String {
    zone.minted(json!({
        "defaults": true, "user": "alice@example.com", "resource": RESOURCE, "scope": "mcp:tools", "claims": claims,
    }))
    .await
}

fn form(subject_token: &str) -> Vec<(&str, &str)> {
    vec![
        ("grant_type", GRANT),
        ("subject_token", subject_token),
        ("subject_token_type", ACCESS_TOKEN),
        ("resource", API),
    ]
}

fn but<'a>(mut form: Vec<(&'a str, &'a str)>, name: &'a str, value: &'a str) -> Vec<(&'a str, &'a str)> {
    form.retain(|(known, _)| *known != name);
    form.push((name, value));
    form
}

#[tokio::test]
async fn a_server_gets_a_token_for_the_api_behind_it_and_the_same_user() {
    let zone = Zone::start().await;
    let server = Server::at(&zone).await;
    let subject_token = subject_token(&zone, json!({"sid": "the session"})).await;

    let (status, answer) = server.exchange(&zone, &but(form(&subject_token), "scope", "reports:read")).await;

    assert_eq!(status, StatusCode::OK, "{answer}");
    assert_eq!(answer["issued_token_type"], ACCESS_TOKEN);
    assert_eq!((&answer["token_type"], &answer["scope"]), (&json!("Bearer"), &json!("reports:read")));
    assert_eq!(answer["refresh_token"], Value::Null);
    let (_, sent) = decoded(&subject_token);
    let (_, got) = decoded(&text(&answer["access_token"]));
    assert_eq!((&got["aud"], &got["sub"], &got["sid"]), (&json!(API), &sent["sub"], &sent["sid"]));
    assert_eq!((&got["client_id"], &got["scope"]), (&json!(server.client_id), &json!("reports:read")));
    assert_ne!(got["jti"], sent["jti"]);
    // As the real zone's: no actor is named where none was sent.
    assert_eq!(got["act"], Value::Null);

    let event = zone.last_event().await;
    assert_eq!((&event["event"], &event["outcome"]), (&json!("credentials:issue"), &json!("success")));
    assert_eq!((&event["grant_type"], &event["resource"]), (&json!(GRANT), &json!(API)));
    assert_eq!((&event["session_id"], &event["credential_id"]), (&json!("the session"), &got["jti"]));
    assert_eq!(event["actor"]["user"]["email"], "alice@example.com");
    zone.assert_feed_hides(&[&subject_token, &text(&answer["access_token"]), &server.secret]).await;
}

#[tokio::test]
async fn the_control_plane_shows_who_exchanged_for_whom_and_no_token() {
    let zone = Zone::start().await;
    let server = Server::at(&zone).await;
    let subject_token = subject_token(&zone, json!({"jti": "the-call", "sub": "somebody"})).await;

    let (_, answer) = server.exchange(&zone, &form(&subject_token)).await;
    server.is_refused(&zone, &[("grant_type", GRANT), ("actor_token_type", ACCESS_TOKEN)], "invalid_request", "").await;
    zone.post("/oauth/2/token", json!({"grant_type": GRANT, "subject_token": subject_token})).await;

    let list = zone.json("/_control/requests?path=/oauth/2/token").await;
    let seen = |n: usize| &list["requests"][n]["token"];
    let (_, issued) = decoded(&text(&answer["access_token"]));
    assert_eq!((&seen(0)["subject_token_id"], &seen(0)["subject"]), (&json!("the-call"), &json!("somebody")));
    assert_eq!(seen(0)["issued_token_id"], issued["jti"]);
    assert_eq!((&seen(0)["grant_type"], &seen(0)["resource"]), (&json!(GRANT), &json!([API])));
    assert_eq!(seen(0)["parameters"], json!(["grant_type", "subject_token", "subject_token_type", "resource"]));
    assert_eq!((&seen(1)["actor_token_type"], &seen(1)["issued_token_id"]), (&json!(ACCESS_TOKEN), &Value::Null));
    assert_eq!((&seen(2)["content_type"], &seen(2)["grant_type"]), (&json!("application/json"), &Value::Null));
    for secret in [&subject_token, &server.secret, &text(&answer["access_token"])] {
        assert!(!list.to_string().contains(secret.as_str()), "{list}");
    }
}

#[tokio::test]
async fn what_is_wrong_with_an_exchange_is_said_by_the_real_zones_codes() {
    let zone = Zone::start().await;
    let server = Server::at(&zone).await;
    let token = subject_token(&zone, json!({})).await;
    let expired = subject_token(&zone, json!({"exp": 1})).await;
    let elsewhere = subject_token(&zone, json!({"aud": [API, RESOURCE]})).await;
    let revoked = subject_token(&zone, json!({})).await;
    assert_eq!(server.exchange(&zone, &form(&revoked)).await.0, StatusCode::OK);
    zone.post("/_control/tokens/revoke", json!({"token": revoked})).await;
    let foreign = zone
        .minted(json!({"defaults": true, "user": "alice@example.com", "resource": RESOURCE, "key": "foreign"}))
        .await;
    let impersonating = "eyJ0eXAiOiJ2bmQua2Muc3Urand0IiwiYWxnIjoibm9uZSJ9.eyJzdWIiOiJhIn0.";
    let substitute = "urn:keycard:params:oauth:token-type:substitute-user";

    let right = || form(&token);
    for (form, error, says) in [
        (but(right(), "subject_token", ""), "invalid_request", "subject_token is required"),
        (but(right(), "subject_token_type", ""), "invalid_request", "subject_token_type is required"),
        (but(right(), "subject_token_type", "access_token"), "invalid_request", "got access_token"),
        (but(right(), "requested_token_type", "urn:x"), "invalid_request", "requested_token_type must be"),
        (but(right(), "subject_token", "no-token"), "invalid_request", "no JWS"),
        (but(right(), "subject_token", &expired), "invalid_request", "expired"),
        (but(right(), "subject_token", &foreign), "invalid_request", "signature is wrong"),
        (but(right(), "subject_token", &revoked), "invalid_request", "it was revoked"),
        (but(right(), "actor_token_type", ACCESS_TOKEN), "invalid_request", "belongs to an actor_token"),
        (but(right(), "actor_token", &token), "invalid_request", "needs its actor_token_type"),
        (but(right(), "resource", ""), "invalid_request", "resource is required"),
        (but(right(), "resource", "http://localhost:1/"), "invalid_target", "unknown resource http://localhost:1/"),
        ([right(), vec![("resource", RESOURCE)]].concat(), "invalid_target", "one target"),
        (but(right(), "audience", API), "invalid_target", "by resource"),
        (but(right(), "resource", RESOURCE), "access_denied", "not among its dependencies"),
        (but(right(), "subject_token", &elsewhere), "invalid_grant", "not allowed to exchange token for this resource"),
        (
            but(but(right(), "subject_token", impersonating), "subject_token_type", substitute),
            "access_denied",
            "policy",
        ),
    ] {
        server.is_refused(&zone, &form, error, says).await;
    }
    zone.assert_feed_hides(&[&token, &expired, &foreign, &elsewhere, impersonating]).await;

    // Both errors of the client itself, as for any other grant.
    let stranger = Server { client_id: server.client_id.clone(), secret: "wrong-secret".to_owned() };
    let (status, body) = stranger.exchange(&zone, &right()).await;
    assert_eq!((status, &body["error"]), (StatusCode::UNAUTHORIZED, &json!("invalid_client")));
    let public = zone.public_client().await;
    let (status, body) = zone.token(&but(right(), "client_id", &public)).await;
    assert_eq!((status, &body["error"]), (StatusCode::BAD_REQUEST, &json!("unauthorized_client")));
}

#[tokio::test]
async fn the_same_target_may_be_named_twice() {
    let zone = Zone::start().await;
    let server = Server::at(&zone).await;
    let token = subject_token(&zone, json!({})).await;

    let (status, answer) = server.exchange(&zone, &[form(&token), vec![("resource", API)]].concat()).await;

    assert_eq!(status, StatusCode::OK, "{answer}");
    assert_eq!(decoded(&text(&answer["access_token"])).1["aud"], API);
}

#[tokio::test]
async fn another_application_cannot_exchange_what_was_sent_to_this_one() {
    let zone = Zone::start().await;
    let server = Server::at(&zone).await;
    let (client_id, secret) = zone.application(&[API]).await;
    let other = Server { client_id, secret };
    let token = subject_token(&zone, json!({})).await;

    other.is_refused(&zone, &form(&token), "invalid_grant", "is not provided by application").await;
    assert_eq!(server.exchange(&zone, &form(&token)).await.0, StatusCode::OK);
}

#[tokio::test]
async fn where_consent_is_required_a_sign_in_for_the_target_gives_it() {
    let zone = Zone::start().await;
    let server = Server::with(&zone, json!({"name": "Server", "resources": [API], "consent": "required"})).await;
    let token = subject_token(&zone, json!({})).await;

    server.is_refused(&zone, &form(&token), "insufficient_authorization", "User consent is required").await;
    let public = zone.public_client().await;
    let redirect = Browser::new(&zone).sign_in(&AuthorizeRequest::new(&public).but("resource", API)).await;
    assert!(query(&redirect).contains_key("code"));

    assert_eq!(server.exchange(&zone, &form(&token)).await.0, StatusCode::OK);
}

#[tokio::test]
async fn the_token_endpoint_fails_as_it_was_told() {
    let zone = Zone::start().await;
    let server = Server::at(&zone).await;
    let token = subject_token(&zone, json!({})).await;
    let arm = async |fault: Value| {
        let (status, refusal) = zone.put("/_control/faults/token", fault).await;
        assert_eq!(status, StatusCode::NO_CONTENT, "{refusal}");
    };

    let oauth_error = json!({"error": "invalid_target"});
    arm(json!({"status": 400, "json": oauth_error})).await;
    assert_eq!(server.exchange(&zone, &form(&token)).await, (StatusCode::BAD_REQUEST, oauth_error));
    arm(json!({"status": 500})).await;
    assert_eq!(server.exchange(&zone, &form(&token)).await.0, StatusCode::INTERNAL_SERVER_ERROR);
    arm(json!({"close": true})).await;
    assert!(zone.http.post(zone.at("/oauth/2/token")).form(&form(&token)).send().await.is_err());

    zone.delete("/_control/faults/token").await;
    assert_eq!(server.exchange(&zone, &form(&token)).await.0, StatusCode::OK);
}

#[tokio::test]
async fn what_came_of_an_exchange_ends_with_the_grant_behind_it() {
    let zone = Zone::start().await;
    let server = Server::at(&zone).await;
    zone.post("/_control/resources", json!({"identifier": API, "application": server.client_id})).await;
    let client_id = zone.public_client().await;
    let code = zone.code(&client_id).await;
    let (_, tokens) = zone.redeem(&client_id, &code).await;
    let (status, exchanged) = server.exchange(&zone, &form(&text(&tokens["access_token"]))).await;
    assert_eq!(status, StatusCode::OK, "{exchanged}");
    let exchanged = text(&exchanged["access_token"]);
    let active = || async {
        let request = zone.http.post(zone.at("/oauth/2/introspection"));
        let request = request.header("authorization", basic(&server.client_id, &server.secret));
        answer(request.form(&[("token", exchanged.as_str())])).await.1["active"].clone()
    };
    assert_eq!(active().await, true);

    let (status, _) = zone.redeem(&client_id, &code).await;

    assert_eq!(status, StatusCode::BAD_REQUEST);
    assert_eq!(active().await, false);
}
