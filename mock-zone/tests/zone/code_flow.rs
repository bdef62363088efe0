//! A user signs in, a client gets a code, and the code becomes tokens: the flow as it should go.

use std::time::Duration;

use crate::support::{
    AuthorizeRequest, Browser, CALLBACK, CHALLENGE, RESOURCE, VERIFIER, Zone, answer, basic, decoded, query,
    redemption, text,
};
use mock_zone::{ApplicationConfig, Config, ResourceConfig, Secret};
use reqwest::StatusCode;
use serde_json::{Value, json};

#[tokio::test]
async fn a_public_client_gets_a_token_for_the_resource_it_named() {
    let zone = Zone::start().await;
    let client_id = zone.public_client().await;

    let redirect = Browser::new(&zone).sign_in(&AuthorizeRequest::new(&client_id)).await;

    assert!(redirect.starts_with(&format!("{CALLBACK}?")));
    let answered = query(&redirect);
    assert_eq!(answered["state"], "the state");
    assert_eq!(answered["iss"], zone.url());

    let response = zone
        .http
        .post(zone.at("/oauth/2/token"))
        .form(&redemption(&client_id, &answered["code"]))
        .send()
        .await
        .unwrap();
    assert_eq!(response.status(), StatusCode::OK);
    assert_eq!(response.headers()["cache-control"], "no-store");
    let tokens: Value = response.json().await.unwrap();
    assert_eq!(tokens["token_type"], "Bearer");
    assert_eq!(tokens["expires_in"], 3600);
    assert_eq!(tokens["scope"], "mcp:tools reports:read");

    let (header, claims) = decoded(&text(&tokens["access_token"]));
    let kid = &zone.json("/openidconnect/jwks").await["keys"][0]["kid"];
    let alice = &zone.json("/_control").await["users"][0]["identifier"];
    assert_eq!(header, json!({"alg": "RS256", "typ": "at+jwt", "kid": kid}));
    assert_eq!(
        claims,
        json!({
            "iss": zone.url(),
            "aud": RESOURCE,
            "sub": alice,
            "sub_profile": "user",
            "client_id": client_id,
            "scope": "mcp:tools reports:read",
            "sid": claims["sid"],
            "jti": claims["jti"],
            "iat": claims["iat"],
            "exp": claims["iat"].as_i64().unwrap() + 3600,
        })
    );
    assert_eq!(claims["jti"].as_str().unwrap().len(), 26);
    assert_eq!(claims["sid"].as_str().unwrap().len(), 26);
}

#[tokio::test]
async fn the_events_of_a_sign_in_are_one_chain() {
    let zone = Zone::start().await;
    let client_id = zone.public_client().await;
    let code = zone.code(&client_id).await;
    let (_, tokens) = zone.redeem(&client_id, &code).await;
    let (_, claims) = decoded(&text(&tokens["access_token"]));

    let events = zone.events().await;

    let said: Vec<_> =
        events.iter().map(|event| (text(&event["event"]), text(&event["outcome"]), text(&event["message"]))).collect();
    let expected = [
        ("users:authenticate", "You logged in successfully"),
        ("delegated_grants:create", "Your consent was given"),
        ("users:authorize", "Your access was authorized"),
        ("credentials:issue", "Access token was issued"),
    ]
    .map(|(name, message)| (name.to_owned(), "success".to_owned(), message.to_owned()));
    assert_eq!(said, expected);
    for (index, event) in events.iter().enumerate() {
        assert_eq!(event["sequence"], index + 1);
        assert_eq!(event["correlation_id"], events[0]["correlation_id"]);
        assert_eq!(event["session_id"], claims["sid"]);
        assert_eq!(event["actor"]["type"], "identity_chain");
        assert_eq!(event["actor"]["user"]["email"], "alice@example.com");
        assert_eq!(event["actor"]["client"]["client_id"], client_id);
        assert_eq!(event["actor"]["client"]["name"], "Test client");
        assert_eq!(event["source"]["ip"], "127.0.0.1");
    }
    let issue = &events[3];
    assert_eq!(issue["credential_id"], claims["jti"]);
    assert_eq!(issue["grant_id"], events[2]["grant_id"]);
    assert_eq!(issue["resource"], RESOURCE);
    assert_eq!(issue["grant_type"], "authorization_code");
    assert_eq!(
        issue["scopes"],
        json!({"requested": ["mcp:tools", "reports:read"], "granted": ["mcp:tools", "reports:read"]})
    );
    assert_eq!(events[0]["credential_id"], Value::Null);
}

#[tokio::test]
async fn without_scope_or_resource_the_token_has_none_or_the_userinfo_one() {
    let zone = Zone::start().await;
    let client_id = zone.public_client().await;
    let request = AuthorizeRequest::new(&client_id).without("scope").without("resource");

    let redirect = Browser::new(&zone).sign_in(&request).await;
    let (status, tokens) = zone.redeem(&client_id, &query(&redirect)["code"]).await;

    assert_eq!(status, StatusCode::OK);
    assert_eq!(tokens["scope"], Value::Null);
    let (_, claims) = decoded(&text(&tokens["access_token"]));
    assert_eq!(claims["aud"], zone.at("/openid/connect/userinfo"));
    assert_eq!(claims["scope"], Value::Null);
}

#[tokio::test]
async fn a_repeated_identical_resource_is_one_and_its_identifier_is_kept_byte_for_byte() {
    let odd = "http://LOCALHOST:8080/mcp/?b=2&a=%2f";
    let zone = Zone::with(Config { resources: vec![ResourceConfig::new(odd)], ..Config::default() }).await;
    let client_id = zone.public_client().await;
    let request = AuthorizeRequest::new(&client_id).but("resource", odd).and("resource", odd);

    let redirect = Browser::new(&zone).sign_in(&request).await;
    let code = &query(&redirect)["code"];
    let mut form = redemption(&client_id, code);
    form.push(("resource", odd));
    let (status, tokens) = zone.token(&form).await;

    assert_eq!(status, StatusCode::OK, "{tokens}");
    assert_eq!(decoded(&text(&tokens["access_token"])).1["aud"], odd);
}

#[tokio::test]
async fn a_signed_in_browser_is_not_asked_again() {
    let zone = Zone::start().await;
    let client_id = zone.public_client().await;
    let request = AuthorizeRequest::new(&client_id);
    let mut browser = Browser::new(&zone);
    browser.sign_in(&request).await;

    let again = browser.authorize(&request).await;

    assert_eq!(again.status, StatusCode::FOUND);
    assert!(query(again.location()).contains_key("code"));
    let events = zone.events().await;
    assert_eq!(events.len(), 4, "{events:?}");
    assert_eq!(events[3]["event"], "users:authorize");
    assert_eq!(events[3]["session_id"], events[0]["session_id"]);
    assert_ne!(events[3]["correlation_id"], events[0]["correlation_id"]);

    let asked = browser.authorize(&request.clone().but("prompt", "login")).await;
    assert!(asked.location().starts_with("/login/"));
    let framed = browser
        .show(
            zone.http
                .get(zone.at("/oauth/2/authorize"))
                .query(&[
                    ("client_id", client_id.as_str()),
                    ("response_type", "code"),
                    ("code_challenge", CHALLENGE),
                    ("code_challenge_method", "S256"),
                ])
                .header("sec-fetch-dest", "iframe"),
        )
        .await;
    assert!(framed.location().starts_with("/login/"), "{framed:?}");
}

#[tokio::test]
async fn a_self_registered_web_client_never_gets_a_code_unseen() {
    let zone = Zone::with(Config { auto_sign_in: Some("alice@example.com".to_owned()), ..Config::default() }).await;
    let elsewhere = "https://evil.example/callback";
    let (_, registration) = zone
        .post(
            "/oauth/2/registration",
            json!({"redirect_uris": [elsewhere, CALLBACK], "token_endpoint_auth_method": "none"}),
        )
        .await;
    let client_id = text(&registration["client_id"]);
    let mut browser = Browser::new(&zone);

    let to_loopback = browser.authorize(&AuthorizeRequest::new(&client_id)).await;
    assert!(query(to_loopback.location()).contains_key("code"));

    // The browser is signed in now, and automatic sign-in is on; neither may help a page of another site.
    let request = AuthorizeRequest::new(&client_id).but("redirect_uri", elsewhere);
    let asked = browser.authorize(&request).await;
    assert!(asked.location().starts_with("/login/consent?"), "{asked:?}");
    let page = browser.page(asked.location()).await;
    assert!(page.body.contains("https://evil.example"), "{}", page.body);

    let refused = browser.authorize(&request.clone().but("prompt", "none")).await;
    assert_eq!(query(refused.location())["error"], "consent_required");
    let refused = Browser::new(&zone).authorize(&request.but("prompt", "none")).await;
    assert_eq!(query(refused.location())["error"], "login_required");
}

#[tokio::test]
async fn automatic_sign_in_says_so_in_the_trail() {
    let zone = Zone::with(Config { auto_sign_in: Some("bob@example.com".to_owned()), ..Config::default() }).await;
    let client_id = zone.public_client().await;

    let sent = Browser::new(&zone).authorize(&AuthorizeRequest::new(&client_id)).await;

    let (status, _) = zone.redeem(&client_id, &query(sent.location())["code"]).await;
    assert_eq!(status, StatusCode::OK);
    let events = zone.events().await;
    assert_eq!(events.len(), 4);
    assert_eq!(events[0]["actor"]["user"]["email"], "bob@example.com");
    assert!(text(&events[0]["message"]).contains("automatically"));
    assert_eq!(events[1]["event"], "delegated_grants:create");
    assert!(text(&events[1]["message"]).contains("automatically"));
}

#[tokio::test]
async fn an_application_signs_users_in_with_its_secret() {
    let zone = Zone::start().await;
    let (client_id, secret) = zone.application(&[]).await;
    let code = zone.code(&client_id).await;
    let form = redemption(&client_id, &code);

    let (status, refusal) = zone.token(&form).await;
    assert_eq!((status, &refusal["error"]), (StatusCode::UNAUTHORIZED, &json!("invalid_client")));

    let (status, tokens) = answer(
        zone.http.post(zone.at("/oauth/2/token")).header("authorization", basic(&client_id, &secret)).form(&form),
    )
    .await;
    assert_eq!(status, StatusCode::OK, "{tokens}");
    let (_, claims) = decoded(&text(&tokens["access_token"]));
    assert_eq!(claims["client_id"], client_id);
    assert!(text(&claims["keycard_app_id"]).starts_with("urn:app:"));
}

#[tokio::test]
async fn a_refresh_token_rotates_and_its_grant_keeps_its_chain() {
    let zone = Zone::start().await;
    let client_id = zone.public_client().await;
    let code = zone.code(&client_id).await;
    let (_, first) = zone.redeem(&client_id, &code).await;

    let (status, second) = zone.refresh(&client_id, &text(&first["refresh_token"])).await;

    assert_eq!(status, StatusCode::OK, "{second}");
    assert_ne!(first["refresh_token"], second["refresh_token"]);
    assert_ne!(first["access_token"], second["access_token"]);
    let events = zone.events().await;
    assert_eq!(events[4]["grant_type"], "refresh_token");
    assert_eq!(events[4]["grant_id"], events[3]["grant_id"]);
    assert_eq!(events[4]["correlation_id"], events[3]["correlation_id"]);

    let (status, narrow) = zone
        .token(&[
            ("grant_type", "refresh_token"),
            ("client_id", &client_id),
            ("refresh_token", &text(&second["refresh_token"])),
            ("scope", "reports:read"),
            ("resource", RESOURCE),
        ])
        .await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(narrow["scope"], "reports:read");
    let (status, whole) = zone.refresh(&client_id, &text(&narrow["refresh_token"])).await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(whole["scope"], "mcp:tools reports:read");
}

#[tokio::test]
async fn client_credentials_reach_the_applications_own_dependencies() {
    let zone = Zone::start().await;
    let (client_id, secret) = zone.application(&[RESOURCE]).await;
    let form = [
        ("grant_type", "client_credentials"),
        ("client_id", &client_id),
        ("client_secret", &secret),
        ("resource", RESOURCE),
    ];

    let (status, tokens) = zone.token(&form).await;

    assert_eq!(status, StatusCode::OK, "{tokens}");
    assert_eq!(tokens["refresh_token"], Value::Null);
    assert_eq!(tokens["scope"], Value::Null);
    let (_, claims) = decoded(&text(&tokens["access_token"]));
    assert_eq!(claims["sub_profile"], "app");
    assert_eq!(claims["sub"], claims["keycard_app_id"]);
    assert_eq!(claims["client_id"], client_id);
    assert_eq!(claims["sid"], Value::Null);
    assert_eq!(claims["scope"], Value::Null);
    let event = zone.last_event().await;
    assert_eq!(event["event"], "credentials:issue");
    assert_eq!(event["actor"]["user"], Value::Null);
    assert_eq!(event["actor"]["client"]["name"], "Test application");
    assert_eq!(event["credential_id"], claims["jti"]);
}

#[tokio::test]
async fn the_events_feed_opens_to_an_application_that_depends_on_it() {
    let zone = Zone::start().await;
    let feed = zone.at("/events");
    let (client_id, secret) = zone.application(&[&feed]).await;

    let (_, tokens) = zone
        .token(&[
            ("grant_type", "client_credentials"),
            ("client_id", &client_id),
            ("client_secret", &secret),
            ("resource", &feed),
        ])
        .await;

    let token = text(&tokens["access_token"]);
    let (status, page) =
        answer(zone.http.get(zone.at("/events?event=credentials:issue&limit=1")).bearer_auth(token)).await;
    assert_eq!(status, StatusCode::OK, "{page}");
    assert_eq!(page["events"][0]["resource"], feed);
    assert_eq!(page["last"], 1);
}

#[tokio::test]
async fn a_resource_can_have_a_lifetime_of_its_own() {
    let zone = Zone::with(Config {
        resources: vec![ResourceConfig {
            credential_lifetime: Some(Duration::from_secs(60)),
            ..ResourceConfig::new(RESOURCE)
        }],
        ..Config::default()
    })
    .await;
    let client_id = zone.public_client().await;
    let code = zone.code(&client_id).await;

    let (_, tokens) = zone.redeem(&client_id, &code).await;

    assert_eq!(tokens["expires_in"], 60);
}

#[tokio::test]
async fn a_native_client_may_come_back_on_any_port() {
    let zone = Zone::start().await;
    let client_id = zone.public_client().await;
    let other_port = "http://localhost:50123/callback";

    let redirect =
        Browser::new(&zone).sign_in(&AuthorizeRequest::new(&client_id).but("redirect_uri", other_port)).await;

    assert!(redirect.starts_with(&format!("{other_port}?")));
    let (status, _) = zone
        .token(&[
            ("grant_type", "authorization_code"),
            ("client_id", &client_id),
            ("code", &query(&redirect)["code"]),
            ("redirect_uri", other_port),
            ("code_verifier", VERIFIER),
        ])
        .await;
    assert_eq!(status, StatusCode::OK);
}

#[tokio::test]
async fn a_secret_in_a_basic_header_may_be_raw_or_form_encoded() {
    let secret = "s3cr:et/+%41-_~ ";
    let application = ApplicationConfig {
        dependencies: vec![RESOURCE.to_owned()],
        ..ApplicationConfig::new("An application", "application", Secret::new(secret))
    };
    let zone = Zone::with(Config { applications: vec![application], ..Config::default() }).await;
    let form = [("grant_type", "client_credentials"), ("resource", RESOURCE)];
    for (id, sent, expected) in [
        ("application", secret, StatusCode::OK),
        // RFC 6749 section 2.3.1, and as some libraries write it, who encode more than they must.
        ("application", "s3cr%3Aet%2F%2B%2541-_%7E+", StatusCode::OK),
        ("application", "s3cr%3Aet%2F%2B%2541%2D%5F%7E%20", StatusCode::OK),
        ("%61pplication", "s3cr%3Aet%2F%2B%2541-_%7E+", StatusCode::OK),
        // Decoded twice, half, or not the same at all.
        ("application", "s3cr:et/+A-_~ ", StatusCode::UNAUTHORIZED),
        ("application", "s3cr%253Aet%252F%252B%252541-_%257E%252B", StatusCode::UNAUTHORIZED),
        ("application", "s3cr%3Aet%2F%2B%2541-_%7E", StatusCode::UNAUTHORIZED),
        ("application", "", StatusCode::UNAUTHORIZED),
    ] {
        let request = zone.http.post(zone.at("/oauth/2/token")).header("authorization", basic(id, sent)).form(&form);
        let (status, said) = answer(request).await;
        assert_eq!(status, expected, "{id}:{sent}: {said}");
    }
}
