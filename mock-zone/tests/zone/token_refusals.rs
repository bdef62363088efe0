//! What the token endpoint refuses: each refusal is an OAuth error for the client and an event for the trail, and
//! neither repeats a secret.

use std::time::Duration;

use reqwest::{RequestBuilder, StatusCode, header};
use serde_json::{Value, json};

use crate::support::{
    AuthorizeRequest, Browser, CALLBACK, RESOURCE, StoppedClock, VERIFIER, Zone, answer, basic, decoded, query,
    redemption, text,
};

const OTHER_RESOURCE: &str = "http://localhost:8000/mcp";
const WRONG_VERIFIER: &str = "wrong-verifier-wrong-verifier-wrong-verifier";

/// Sends a request that must be refused with `error`, and gives the event that it left.
async fn refusal(zone: &Zone, request: RequestBuilder, error: &str, says: &str) -> Value {
    let response = request.send().await.unwrap();
    let expected = if error == "invalid_client" { StatusCode::UNAUTHORIZED } else { StatusCode::BAD_REQUEST };
    assert_eq!(response.status(), expected, "{says}");
    assert_eq!(response.headers().contains_key(header::WWW_AUTHENTICATE), error == "invalid_client");
    assert_eq!(response.headers()["cache-control"], "no-store");
    let body: Value = response.json().await.unwrap();
    assert_eq!(body["error"], error, "{body}");
    assert!(text(&body["error_description"]).contains(says), "{says:?} in {body}");
    assert_eq!(body["access_token"], Value::Null);

    let event = zone.last_failure("credentials:issue", error).await;
    assert!(text(&event["message"]).contains(says), "{says:?} in {event}");
    assert_eq!(event["credential_id"], Value::Null);
    assert_eq!(event["scopes"]["granted"], json!([]));
    event
}

async fn refused(zone: &Zone, form: &[(&str, &str)], error: &str, says: &str) -> Value {
    refusal(zone, zone.http.post(zone.at("/oauth/2/token")).form(form), error, says).await
}

async fn registered(zone: &Zone, metadata: Value) -> (String, String) {
    let (status, registration) = zone.post("/oauth/2/registration", metadata).await;
    assert_eq!(status, StatusCode::CREATED, "{registration}");
    (text(&registration["client_id"]), registration["client_secret"].as_str().unwrap_or("").to_owned())
}

fn refreshing<'a>(client_id: &'a str, token: &'a str) -> Vec<(&'a str, &'a str)> {
    vec![("grant_type", "refresh_token"), ("client_id", client_id), ("refresh_token", token)]
}

fn with<'a>(mut form: Vec<(&'a str, &'a str)>, name: &'a str, value: &'a str) -> Vec<(&'a str, &'a str)> {
    form.retain(|(known, _)| *known != name);
    form.push((name, value));
    form
}

#[tokio::test]
async fn a_body_that_cannot_be_read_is_an_oauth_error_and_an_event_too() {
    let zone = Zone::start().await;
    let url = zone.at("/oauth/2/token");

    let json = zone.http.post(&url).json(&json!({"grant_type": "authorization_code", "code": "SECRET"}));
    refusal(&zone, json, "invalid_request", "application/x-www-form-urlencoded").await;
    let nothing = zone.http.post(&url);
    refusal(&zone, nothing, "invalid_request", "application/x-www-form-urlencoded").await;
    let large = zone.http.post(&url).form(&[("grant_type", "x"), ("code", &"SECRET".repeat(10_000))]);
    refusal(&zone, large, "invalid_request", "32768 bytes").await;

    zone.assert_feed_hides(&["SECRET"]).await;
}

#[tokio::test]
async fn a_client_that_does_not_prove_who_it_is_gets_nothing() {
    let zone = Zone::start().await;
    let public = zone.public_client().await;
    let (application, secret) = zone.application(&[RESOURCE]).await;
    let (by_basic, basic_secret) = registered(&zone, json!({"redirect_uris": [CALLBACK]})).await;
    let (by_post, post_secret) =
        registered(&zone, json!({"redirect_uris": [CALLBACK], "token_endpoint_auth_method": "client_secret_post"}))
            .await;
    let grant = ("grant_type", "refresh_token");
    let id = ("client_id", application.as_str());
    let right = ("client_secret", secret.as_str());
    let basic_right = basic(&application, &secret);
    let basic_wrong = basic(&application, "wrong-secret");
    let basic_unknown = basic("nobody", "wrong-secret");
    let basic_for_post = basic(&by_post, &post_secret);
    let assertion = ("client_assertion", "an.assertion.SECRET");

    for (authorization, form, error, says, named) in [
        (None, vec![grant, id, id], "invalid_request", "client_id is given more than once", None),
        (None, vec![grant, id, right, right], "invalid_request", "client_secret is given more than once", None),
        (Some("Bearer wrong-secret"), vec![grant, id], "invalid_client", "must be Basic", None),
        (Some("Basic !!!"), vec![grant, id], "invalid_client", "must be Basic", None),
        (Some(basic_right.as_str()), vec![grant, right], "invalid_request", "in two ways", None),
        (Some(&basic_right), vec![grant, ("client_id", &public)], "invalid_request", "differs", None),
        (None, vec![grant], "invalid_client", "client_id is required", None),
        (None, vec![grant, id, assertion], "invalid_client", "client_assertion_type must be", None),
        (None, vec![grant, ("client_id", "nobody")], "invalid_client", "no client is registered", None),
        (Some(&basic_unknown), vec![grant], "invalid_client", "no client is registered", None),
        (None, vec![grant, id], "invalid_client", "has a secret and must send it", Some(&application)),
        (Some(&basic_wrong), vec![grant], "invalid_client", "secret is wrong", Some(&application)),
        (
            None,
            vec![grant, id, ("client_secret", "wrong-secret")],
            "invalid_client",
            "secret is wrong",
            Some(&application),
        ),
        (
            None,
            vec![grant, ("client_id", &by_basic), ("client_secret", &basic_secret)],
            "invalid_client",
            "client_secret_basic",
            Some(&by_basic),
        ),
        (Some(&basic_for_post), vec![grant], "invalid_client", "client_secret_post", Some(&by_post)),
        (
            None,
            vec![grant, ("client_id", &public), ("client_secret", "wrong-secret")],
            "invalid_client",
            "has no secret",
            Some(&public),
        ),
    ] {
        let mut request = zone.http.post(zone.at("/oauth/2/token")).form(&form);
        if let Some(authorization) = authorization {
            request = request.header("authorization", authorization);
        }
        let event = refusal(&zone, request, error, says).await;
        assert_eq!(event["actor"]["client"]["client_id"].as_str(), named.map(String::as_str), "{says}");
        assert_eq!(event["grant_type"], "refresh_token");
    }
    zone.assert_feed_hides(&[&secret, &basic_secret, &post_secret, "wrong-secret", "SECRET"]).await;
}

#[tokio::test]
async fn a_request_that_lacks_something_is_told_what() {
    let zone = Zone::start().await;
    let client_id = zone.public_client().await;
    let (application, secret) = zone.application(&[RESOURCE]).await;
    let id = ("client_id", client_id.as_str());
    let code = ("grant_type", "authorization_code");

    for (form, error, says) in [
        (vec![id], "invalid_request", "grant_type is required"),
        (vec![id, code, code], "invalid_request", "grant_type is given more than once"),
        (vec![id, ("grant_type", "password")], "unsupported_grant_type", "client_credentials"),
        (vec![id, code, ("code_verifier", VERIFIER)], "invalid_request", "code is required"),
        (vec![id, code, ("code", "SECRET")], "invalid_request", "code_verifier is required"),
        (vec![id, ("grant_type", "refresh_token")], "invalid_request", "refresh_token is required"),
        (vec![id, ("grant_type", "client_credentials")], "unauthorized_client", "client_credentials"),
        (
            vec![("client_id", &application), ("client_secret", &secret), ("grant_type", "client_credentials")],
            "invalid_request",
            "resource is required",
        ),
    ] {
        refused(&zone, &form, error, says).await;
    }
    zone.assert_feed_hides(&[&secret, "SECRET", VERIFIER]).await;
}

#[tokio::test]
async fn a_client_uses_the_grants_that_it_registered_and_no_other() {
    let zone = Zone::start().await;
    let (client_id, _) = registered(
        &zone,
        json!({"redirect_uris": [CALLBACK], "token_endpoint_auth_method": "none", "grant_types": ["authorization_code"]}),
    )
    .await;

    let code = zone.code(&client_id).await;
    let (status, tokens) = zone.redeem(&client_id, &code).await;

    assert_eq!(status, StatusCode::OK);
    assert_eq!(tokens["refresh_token"], Value::Null);
    refused(&zone, &refreshing(&client_id, "SECRET"), "unauthorized_client", "refresh_token").await;
    zone.assert_feed_hides(&["SECRET", &code, &text(&tokens["access_token"])]).await;
}

#[tokio::test]
async fn a_code_that_is_used_twice_ends_what_its_first_use_began() {
    let zone = Zone::start().await;
    let client_id = zone.public_client().await;
    let code = zone.code(&client_id).await;
    let (_, tokens) = zone.redeem(&client_id, &code).await;
    let refresh_token = text(&tokens["refresh_token"]);

    let replay = refused(&zone, &redemption(&client_id, &code), "invalid_grant", "used before").await;
    let after = refused(&zone, &refreshing(&client_id, &refresh_token), "invalid_grant", "was revoked").await;

    // What the text says must be true: tests of UserInfo hold the first half, and a signature cannot be taken back.
    assert!(text(&replay["message"]).contains("open nothing at the zone"));
    assert!(text(&replay["message"]).contains("by signature alone takes them until they expire"));
    assert_eq!(replay["grant_id"], after["grant_id"]);
    assert_eq!(replay["actor"]["user"]["email"], "alice@example.com");
    zone.assert_feed_hides(&[&code, VERIFIER, &refresh_token, &text(&tokens["access_token"])]).await;
}

#[tokio::test]
async fn a_refresh_token_that_is_used_twice_ends_its_family() {
    let zone = Zone::start().await;
    let client_id = zone.public_client().await;
    let code = zone.code(&client_id).await;
    let (_, tokens) = zone.redeem(&client_id, &code).await;
    let first = text(&tokens["refresh_token"]);
    let (_, tokens) = zone.refresh(&client_id, &first).await;
    let second = text(&tokens["refresh_token"]);

    let reuse = refused(&zone, &refreshing(&client_id, &first), "invalid_grant", "used before").await;
    let newest = refused(&zone, &refreshing(&client_id, &second), "invalid_grant", "was revoked").await;

    assert_eq!(reuse["grant_id"], newest["grant_id"]);
    zone.assert_feed_hides(&[&first, &second]).await;
}

#[tokio::test]
async fn a_code_is_worth_nothing_without_its_verifier_and_a_wrong_one_costs_it() {
    let zone = Zone::start().await;
    let client_id = zone.public_client().await;
    let code = zone.code(&client_id).await;

    let form = with(redemption(&client_id, &code), "code_verifier", WRONG_VERIFIER);
    refused(&zone, &form, "invalid_grant", "code_verifier does not fit").await;

    refused(&zone, &redemption(&client_id, &code), "invalid_grant", "used before").await;
    zone.assert_feed_hides(&[&code, WRONG_VERIFIER, VERIFIER]).await;
}

#[tokio::test]
async fn a_code_is_for_the_redirect_uri_that_it_was_sent_to() {
    let zone = Zone::start().await;
    let client_id = zone.public_client().await;

    for other in ["http://localhost:33418/other?x=SECRET", "http://localhost:33419/callback", "https://evil.example/"] {
        let code = zone.code(&client_id).await;
        let form = with(redemption(&client_id, &code), "redirect_uri", other);
        refused(&zone, &form, "invalid_grant", "redirect_uri must be").await;
        zone.assert_feed_hides(&[&code, "SECRET"]).await;
    }
}

#[tokio::test]
async fn a_token_request_may_leave_the_redirect_uri_out_and_name_one_that_was_left_out_before() {
    let zone = Zone::start().await;
    let client_id = zone.public_client().await;

    let code = zone.code(&client_id).await;
    let mut form = redemption(&client_id, &code);
    form.retain(|(name, _)| *name != "redirect_uri");
    assert_eq!(zone.token(&form).await.0, StatusCode::OK);

    let request = AuthorizeRequest::new(&client_id).without("redirect_uri");
    let redirect = Browser::new(&zone).sign_in(&request).await;
    assert_eq!(zone.redeem(&client_id, &query(&redirect)["code"]).await.0, StatusCode::OK);
}

#[tokio::test]
async fn a_code_belongs_to_its_client_for_a_minute() {
    let clock = StoppedClock::new();
    let zone = Zone::with_clock(&clock).await;
    let client_id = zone.public_client().await;
    let other = zone.public_client().await;
    let code = zone.code(&client_id).await;

    let event = refused(&zone, &redemption(&other, &code), "invalid_grant", "issued to another client").await;
    assert_eq!(event["actor"]["client"]["client_id"], other);
    assert_eq!(event["actor"]["user"], Value::Null, "whose it is, is not the other client's to know");
    refused(&zone, &redemption(&client_id, "made-up-code"), "invalid_grant", "not issued by this zone").await;
    assert_eq!(zone.redeem(&client_id, &code).await.0, StatusCode::OK, "its owner lost it to the others");

    let late = zone.code(&client_id).await;
    clock.forward(Duration::from_secs(60));
    refused(&zone, &redemption(&client_id, &late), "invalid_grant", "has expired").await;
    zone.assert_feed_hides(&[&code, &late, "made-up-code"]).await;
}

#[tokio::test]
async fn what_was_revoked_opens_nothing() {
    let zone = Zone::start().await;
    let client_id = zone.public_client().await;
    let (_, tokens) = zone.redeem(&client_id, &zone.code(&client_id).await).await;
    let refresh_token = text(&tokens["refresh_token"]);
    let events = zone.minted(json!({"defaults": true, "resource": zone.at("/events")})).await;
    let read = || answer(zone.http.get(zone.at("/events")).bearer_auth(&events));
    assert_eq!(read().await.0, StatusCode::OK);

    for token in [&refresh_token, &events] {
        zone.post("/_control/tokens/revoke", json!({"token": token})).await;
    }
    refused(&zone, &refreshing(&client_id, &refresh_token), "invalid_grant", "was revoked").await;
    assert_eq!(read().await.0, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn a_refresh_token_belongs_to_its_client_for_thirty_days() {
    let clock = StoppedClock::new();
    let zone = Zone::with_clock(&clock).await;
    let client_id = zone.public_client().await;
    let other = zone.public_client().await;
    let code = zone.code(&client_id).await;
    let (_, tokens) = zone.redeem(&client_id, &code).await;
    let token = text(&tokens["refresh_token"]);

    refused(&zone, &refreshing(&other, &token), "invalid_grant", "issued to another client").await;
    let tampered = format!("{}x", &token[..token.len() - 1]);
    for made_up in ["made-up", "a.1.made-up", &tampered] {
        refused(&zone, &refreshing(&client_id, made_up), "invalid_grant", "not issued by this zone").await;
    }
    let (status, tokens) = zone.refresh(&client_id, &token).await;
    assert_eq!(status, StatusCode::OK, "{tokens}");

    let last = text(&tokens["refresh_token"]);
    clock.forward(Duration::from_secs(30 * 24 * 60 * 60));
    refused(&zone, &refreshing(&client_id, &last), "invalid_grant", "has expired").await;
    zone.assert_feed_hides(&[&token, &last, "made-up"]).await;
}

#[tokio::test]
async fn a_grant_opens_its_own_resource_and_scopes_and_no_more() {
    let zone = Zone::start().await;
    let client_id = zone.public_client().await;

    let code = zone.code(&client_id).await;
    let unknown = with(redemption(&client_id, &code), "resource", "http://localhost:1/mcp?key=SECRET");
    let event = refused(&zone, &unknown, "invalid_target", "unknown resource http://localhost:1/mcp?[not shown]").await;
    assert_eq!(event["resource"], "http://localhost:1/mcp?[not shown]");
    let other = with(redemption(&client_id, &code), "resource", OTHER_RESOURCE);
    let event = refused(&zone, &other, "invalid_target", &format!("{RESOURCE}, and not for {OTHER_RESOURCE}")).await;
    assert_eq!(event["resource"], RESOURCE);
    zone.assert_feed_hides(&[&code, "SECRET"]).await;

    let code = zone.code(&client_id).await;
    let (_, tokens) = zone.redeem(&client_id, &code).await;
    let token = text(&tokens["refresh_token"]);
    let form = refreshing(&client_id, &token);
    refused(&zone, &with(form.clone(), "resource", OTHER_RESOURCE), "invalid_target", OTHER_RESOURCE).await;
    let event = refused(&zone, &with(form.clone(), "scope", "mcp:tools admin"), "invalid_scope", "mcp:tools").await;
    assert_eq!(event["scopes"]["requested"], json!(["mcp:tools", "admin"]));
    refused(&zone, &with(form.clone(), "scope", "a\"b"), "invalid_scope", "RFC 6749").await;
    let many: Vec<String> = (0..101).map(|n| format!("s{n}")).collect();
    refused(&zone, &with(form.clone(), "scope", &many.join(" ")), "invalid_scope", "at most 100").await;
    assert_eq!(zone.token(&form).await.0, StatusCode::OK, "a refused request cost the token");
}

#[tokio::test]
async fn an_application_reaches_its_dependencies_and_nothing_else() {
    let zone = Zone::start().await;
    let (client_id, secret) = zone.application(&[RESOURCE]).await;
    let form = vec![
        ("grant_type", "client_credentials"),
        ("client_id", client_id.as_str()),
        ("client_secret", secret.as_str()),
    ];

    let event =
        refused(&zone, &with(form.clone(), "resource", OTHER_RESOURCE), "access_denied", "not among its dependencies")
            .await;
    assert_eq!(event["resource"], OTHER_RESOURCE);
    assert_eq!(event["actor"]["client"]["client_id"], client_id);
    assert_eq!(event["actor"]["user"], Value::Null);
    let origin = with(form.clone(), "resource", "http://localhost:8080/");
    refused(&zone, &origin, "invalid_target", "what was sent is an origin").await;
    let scope = with(with(form.clone(), "resource", RESOURCE), "scope", "a\\b");
    refused(&zone, &scope, "invalid_scope", "RFC 6749").await;

    // Of several resources the first is the audience, as at the real zone; each must exist.
    let mut several = with(form, "resource", RESOURCE);
    several.push(("resource", OTHER_RESOURCE));
    let (status, tokens) = zone.token(&several).await;
    assert_eq!(status, StatusCode::OK, "{tokens}");
    assert_eq!(decoded(&text(&tokens["access_token"])).1["aud"], RESOURCE);
    several.push(("resource", "urn:nothing"));
    refused(&zone, &several, "invalid_target", "unknown resource urn:nothing").await;
    zone.assert_feed_hides(&[&secret, &text(&tokens["access_token"])]).await;
}
