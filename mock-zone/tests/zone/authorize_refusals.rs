//! What the authorization endpoint refuses: whether the client or the user is told, and what the trail says.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::support::{AuthorizeRequest, Browser, CALLBACK, CHALLENGE, RESOURCE, VERIFIER, Zone, decoded, query, text};

/// Asserts that the client is told, and gives the event.
async fn refused_to_the_client(zone: &Zone, request: &AuthorizeRequest, error: &str, says: &str) -> Value {
    let sent = Browser::new(zone).authorize(request).await;
    assert_eq!(sent.status, StatusCode::FOUND, "{says}: {sent:?}");
    assert!(sent.location().starts_with(&format!("{CALLBACK}?")), "{says}: {sent:?}");
    let answer = query(sent.location());
    assert_eq!(answer["error"], error, "{answer:?}");
    assert!(answer["error_description"].contains(says), "{says:?} in {answer:?}");
    assert_eq!(answer["iss"], zone.url());
    assert!(!answer.contains_key("code"), "{answer:?}");
    failure(zone, error, says).await
}

/// Asserts that the user is told, and that the browser is sent nowhere. Gives the event.
async fn refused_to_the_user(zone: &Zone, request: &AuthorizeRequest, error: &str, says: &str) -> Value {
    let shown = Browser::new(zone).authorize(request).await;
    assert_eq!(shown.status, StatusCode::BAD_REQUEST, "{says}: {shown:?}");
    assert_eq!(shown.location, None, "{says}");
    assert!(shown.body.contains(says), "{says:?} in {}", shown.body);
    assert!(!shown.body.contains("href"), "{}", shown.body);
    failure(zone, error, says).await
}

async fn failure(zone: &Zone, error: &str, says: &str) -> Value {
    let event = zone.last_failure("users:authorize", error).await;
    assert!(text(&event["message"]).contains(says), "{says:?} in {event}");
    assert_eq!(event["grant_id"], Value::Null);
    assert_eq!(event["scopes"]["granted"], json!([]));
    event
}

#[tokio::test]
async fn a_request_whose_sender_is_unknown_is_answered_nowhere_but_on_a_page() {
    let zone = Zone::start().await;
    let client_id = zone.public_client().await;
    let right = AuthorizeRequest::new(&client_id);

    for (request, error, says) in [
        (right.clone().without("client_id"), "invalid_request", "client_id is required"),
        (right.clone().and("client_id", &client_id), "invalid_request", "client_id is given more than once"),
        (right.clone().but("client_id", "nobody"), "invalid_client", "no client is registered"),
        (right.clone().and("redirect_uri", CALLBACK), "invalid_request", "redirect_uri is given more than once"),
    ] {
        let event = refused_to_the_user(&zone, &request, error, says).await;
        assert_eq!(event["resource"], Value::Null, "{says}");
    }
}

#[tokio::test]
async fn nobody_is_ever_sent_to_a_uri_that_is_not_registered() {
    let zone = Zone::start().await;
    let client_id = zone.public_client().await;

    for uri in [
        "https://evil.example/callback",
        "http://localhost:33418/callback/",
        "http://localhost:33418/callback?code=SECRET",
        "http://localhost:33418/callback#SECRET",
        "http://127.0.0.1:33418/callback",
        "http://localhost@evil.example/callback",
        "http://localhost:33418@evil.example/callback",
        "http://user:SECRET@localhost:33418/callback",
        "javascript:alert(1)",
        "//evil.example/callback",
        "/callback",
        "http://localhost:33418/callback\r\nSet-Cookie: a=b",
    ] {
        // Whatever else is wrong: this is said first, and to the user.
        let request = AuthorizeRequest::new(&client_id).but("redirect_uri", uri).without("code_challenge");
        let event = refused_to_the_user(&zone, &request, "invalid_request", "is not registered").await;
        assert_eq!(event["actor"]["client"]["client_id"], client_id);
    }
    zone.assert_feed_hides(&["SECRET", "\\n", "\\r"]).await;
}

#[tokio::test]
async fn a_client_with_several_redirect_uris_must_say_which() {
    let zone = Zone::start().await;
    let (_, registration) = zone
        .post(
            "/oauth/2/registration",
            json!({"redirect_uris": [CALLBACK, "https://app.example/cb?key=SECRET"], "token_endpoint_auth_method": "none"}),
        )
        .await;
    let request = AuthorizeRequest::new(&text(&registration["client_id"])).without("redirect_uri");

    refused_to_the_user(&zone, &request, "invalid_request", CALLBACK).await;

    zone.assert_feed_hides(&["SECRET"]).await;
}

#[tokio::test]
async fn a_request_that_is_wrong_otherwise_is_answered_to_its_client() {
    let zone = Zone::start().await;
    let client_id = zone.public_client().await;
    let right = AuthorizeRequest::new(&client_id);
    let many: Vec<String> = (0..101).map(|n| format!("s{n}")).collect();

    for (request, error, says) in [
        (right.clone().without("response_type"), "invalid_request", "response_type is required"),
        (right.clone().but("response_type", "token"), "unsupported_response_type", "must be code"),
        (right.clone().and("response_type", "code"), "invalid_request", "response_type is given more than once"),
        (right.clone().but("response_mode", "fragment"), "invalid_request", "must be query"),
        (right.clone().but("request", "a.SECRET.b"), "request_not_supported", "request is not supported"),
        (right.clone().but("request_uri", "urn:SECRET"), "request_uri_not_supported", "request_uri is not supported"),
        (right.clone().but("scope", "a\"b"), "invalid_scope", "RFC 6749"),
        (right.clone().but("scope", &many.join(" ")), "invalid_scope", "at most 100"),
        (right.clone().without("code_challenge"), "invalid_request", "code_challenge is required"),
        (right.clone().without("code_challenge_method"), "invalid_request", "means plain"),
        (right.clone().but("code_challenge_method", "plain"), "invalid_request", "must be S256"),
        (right.clone().but("code_challenge", &VERIFIER[1..]), "invalid_request", "43 characters"),
        (right.clone().but("resource", "urn:nothing"), "invalid_target", "unknown resource urn:nothing"),
        (right.clone().and("resource", "urn:nothing"), "invalid_target", "unknown resource urn:nothing"),
        (right.clone().but("resource", "http://localhost:8080"), "invalid_target", "what was sent is an origin"),
        (right.clone().but("prompt", "none"), "login_required", "must look at a page first"),
        (right.clone().but("prompt", "create"), "invalid_request", "login, consent and select_account"),
        (right.clone().but("prompt", "none login"), "invalid_request", "prompt none stands alone"),
        (
            right.clone().but("prompt", "login").and("prompt", "login"),
            "invalid_request",
            "prompt is given more than once",
        ),
        (right.clone().but("max_age", "-1"), "invalid_request", "a number of seconds"),
        (right.clone().but("max_age", "soon"), "invalid_request", "a number of seconds"),
    ] {
        let event = refused_to_the_client(&zone, &request, error, says).await;
        assert_eq!(event["actor"]["client"]["client_id"], client_id);
    }
    zone.assert_feed_hides(&["SECRET", CHALLENGE, &VERIFIER[1..]]).await;
}

#[tokio::test]
async fn a_refusal_brings_back_the_state_unless_there_were_two() {
    let zone = Zone::start().await;
    let client_id = zone.public_client().await;
    let request = AuthorizeRequest::new(&client_id).without("code_challenge");

    let sent = Browser::new(&zone).authorize(&request).await;
    assert_eq!(query(sent.location())["state"], "the state");

    let twice = request.and("state", "another");
    refused_to_the_client(&zone, &twice, "invalid_request", "state is given more than once").await;
    let sent = Browser::new(&zone).authorize(&twice).await;
    assert!(!query(sent.location()).contains_key("state"));
}

#[tokio::test]
async fn a_client_that_registered_no_code_grant_gets_no_code() {
    let zone = Zone::start().await;
    let (_, registration) = zone
        .post("/oauth/2/registration", json!({"redirect_uris": [CALLBACK], "grant_types": ["client_credentials"]}))
        .await;
    let request = AuthorizeRequest::new(&text(&registration["client_id"]));

    refused_to_the_client(&zone, &request, "unauthorized_client", "authorization_code").await;
}

#[tokio::test]
async fn of_several_resources_the_first_is_the_audience() {
    let zone = Zone::start().await;
    let client_id = zone.public_client().await;
    let request = AuthorizeRequest::new(&client_id).and("resource", "http://localhost:8000/mcp");

    let redirect = Browser::new(&zone).sign_in(&request).await;
    let (status, tokens) = zone.redeem(&client_id, &query(&redirect)["code"]).await;

    assert_eq!(status, StatusCode::OK, "{tokens}");
    assert_eq!(decoded(&text(&tokens["access_token"])).1["aud"], RESOURCE);
}

#[tokio::test]
async fn what_a_client_calls_a_resource_is_in_the_trail_without_its_query_and_not_at_any_length() {
    let zone = Zone::start().await;
    let client_id = zone.public_client().await;
    let right = AuthorizeRequest::new(&client_id);

    let request = right.clone().but("resource", "https://user:SECRET@a.example/mcp?key=SECRET#SECRET");
    let event = refused_to_the_client(&zone, &request, "invalid_target", "https://[masked]@a.example/mcp?").await;
    assert_eq!(event["resource"], "https://[masked]@a.example/mcp?[not shown]");
    let request = right.clone().but("resource", &format!("https://a.example/{}", "x".repeat(10_000)));
    let event = refused_to_the_client(&zone, &request, "invalid_target", "unknown resource").await;
    assert_eq!(text(&event["resource"]).len(), 2048);
    let request = right.but("resource", "urn:a\nINFO forged");
    let event = refused_to_the_client(&zone, &request, "invalid_target", "unknown resource").await;
    assert_eq!(event["resource"], "urn:a\u{fffd}INFO forged");
    zone.assert_feed_hides(&["SECRET", "\\n"]).await;
}

#[tokio::test]
async fn no_method_but_get_asks_for_authorization() {
    let zone = Zone::with(mock_zone::Config {
        auto_sign_in: Some("alice@example.com".to_owned()),
        ..mock_zone::Config::default()
    })
    .await;
    let client_id = zone.public_client().await;
    let url = zone.at("/oauth/2/authorize");
    let query = [
        ("client_id", client_id.as_str()),
        ("response_type", "code"),
        ("code_challenge", CHALLENGE),
        ("code_challenge_method", "S256"),
    ];

    for method in [Method::HEAD, Method::POST, Method::PUT, Method::OPTIONS] {
        let response = zone.http.request(method.clone(), &url).query(&query).send().await.unwrap();
        assert_eq!(response.status(), StatusCode::METHOD_NOT_ALLOWED, "{method}");
        assert_eq!(response.headers()["allow"], "GET", "{method}");
        assert!(!response.headers().contains_key("location"), "{method}");
    }
    assert_eq!(zone.events().await, Vec::<Value>::new());
    let response = zone.http.get(&url).query(&query).send().await.unwrap();
    assert_eq!(response.status(), StatusCode::FOUND);
}

#[tokio::test]
async fn a_request_too_long_to_keep_is_refused_on_a_page() {
    let zone = Zone::start().await;
    let client_id = zone.public_client().await;
    let request = AuthorizeRequest::new(&client_id).but("state", &"x".repeat(17_000));

    let shown = Browser::new(&zone).authorize(&request).await;

    assert_eq!(shown.status, StatusCode::URI_TOO_LONG);
    assert_eq!(shown.location, None);
    let event = failure(&zone, "invalid_request", "16384 bytes").await;
    assert_eq!(event["actor"]["client"], Value::Null, "it was not read");
}
