//! UserInfo: what it says of a user, and to whom it says nothing.

use reqwest::{Response, StatusCode};
use serde_json::{Value, json};

use crate::support::{AuthorizeRequest, Zone, redemption, text};

const PATH: &str = "/openid/connect/userinfo";

/// A sign-in that names no resource, so that its token is for UserInfo.
fn sign_in(client_id: &str, scope: &str) -> AuthorizeRequest {
    AuthorizeRequest::new(client_id).without("resource").but("scope", scope)
}

async fn asked(zone: &Zone, token: &str) -> Response {
    zone.http.get(zone.at(PATH)).bearer_auth(token).send().await.unwrap()
}

/// Whether the answer is this error of RFC 6750, in the challenge as in the body.
async fn is_refused(response: Response, status: StatusCode, error: &str, says: &str) {
    assert_eq!(response.status(), status, "{says}");
    let challenge = response.headers()["www-authenticate"].to_str().unwrap().to_owned();
    assert_eq!(response.headers()["cache-control"], "no-store");
    let body: Value = response.json().await.unwrap();
    assert!(challenge.starts_with("Bearer realm=\""), "{challenge}");
    assert!(challenge.contains(&format!("error=\"{error}\"")), "{challenge}");
    assert!(challenge.contains(says), "{says} in {challenge}");
    assert_eq!(challenge.contains("scope=\"openid\""), error == "insufficient_scope", "{challenge}");
    assert_eq!(body["error"], error);
    assert!(text(&body["error_description"]).contains(says), "{body}");
    assert_eq!(body["email"], Value::Null);
}

#[tokio::test]
async fn the_claims_are_those_of_the_scopes() {
    let zone = Zone::start().await;
    let metadata = zone.json("/.well-known/oauth-authorization-server").await;
    assert_eq!(metadata["userinfo_endpoint"], zone.at(PATH));
    assert_eq!(metadata["scopes_supported"], json!(["openid", "email"]));
    let client_id = zone.public_client().await;
    let alice = &zone.json("/_control").await["users"][0]["identifier"];

    for (scope, expected) in [
        ("openid", json!({"sub": alice})),
        ("openid email", json!({"sub": alice, "email": "alice@example.com", "email_verified": true})),
        ("profile openid", json!({"sub": alice})),
    ] {
        let tokens = zone.signed_in(&sign_in(&client_id, scope)).await;
        let token = text(&tokens["access_token"]);

        let by_get = asked(&zone, &token).await;
        assert_eq!(by_get.status(), StatusCode::OK);
        assert_eq!(by_get.headers()["cache-control"], "no-store");
        assert_eq!(by_get.json::<Value>().await.unwrap(), expected);
        let by_post = zone.http.post(zone.at(PATH)).header("authorization", format!("bearer {token}"));
        assert_eq!(by_post.send().await.unwrap().json::<Value>().await.unwrap(), expected);
    }
}

#[tokio::test]
async fn a_token_for_something_else_or_for_nobody_says_nothing() {
    let zone = Zone::start().await;
    let userinfo = zone.at(PATH);
    let minted = |defaults: Value| {
        let mut body = json!({"defaults": true, "resource": userinfo, "scope": "openid email"});
        body.as_object_mut().unwrap().extend(defaults.as_object().unwrap().clone());
        zone.minted(body)
    };
    assert_eq!(asked(&zone, &minted(json!({})).await).await.status(), StatusCode::OK);

    for (token, says) in [
        (minted(json!({"resource": "http://localhost:8080/mcp"})).await, "for another resource"),
        (minted(json!({"claims": {"exp": 1_000_000_000}})).await, "expired"),
        (minted(json!({"key": "foreign"})).await, "signature is wrong"),
        (minted(json!({"header": {"typ": "JWT"}})).await, "at+jwt"),
        (minted(json!({"claims": {"iss": "http://other"}})).await, "another issuer"),
        (minted(json!({"claims": {"sub_profile": "app"}})).await, "an application's own"),
        (minted(json!({"claims": {"sub": "nobody"}})).await, "its user is gone"),
        ("opaque".to_owned(), "no JWS"),
    ] {
        is_refused(asked(&zone, &token).await, StatusCode::UNAUTHORIZED, "invalid_token", says).await;
    }
    let unscoped = minted(json!({"scope": "email openid-not"})).await;
    is_refused(asked(&zone, &unscoped).await, StatusCode::FORBIDDEN, "insufficient_scope", "scope openid").await;

    let (client_id, secret) = zone.application(&[&userinfo]).await;
    let (_, own) = zone
        .token(&[
            ("grant_type", "client_credentials"),
            ("client_id", &client_id),
            ("client_secret", &secret),
            ("resource", &userinfo),
            ("scope", "openid email"),
        ])
        .await;
    let own = asked(&zone, &text(&own["access_token"])).await;
    is_refused(own, StatusCode::UNAUTHORIZED, "invalid_token", "an application's own").await;
}

/// RFC 6750 sections 2 and 3.1.
#[tokio::test]
async fn a_token_comes_once_and_in_the_header() {
    let zone = Zone::start().await;
    let token = zone.minted(json!({"defaults": true, "resource": zone.at(PATH), "scope": "openid"})).await;
    let basic = zone.http.get(zone.at(PATH)).basic_auth("alice", Some(&token));
    let in_body = zone.http.post(zone.at(PATH)).form(&[("access_token", &token)]);

    for without in [zone.http.get(zone.at(PATH)), basic, in_body] {
        let response = without.send().await.unwrap();
        assert_eq!(response.status(), StatusCode::UNAUTHORIZED);
        let challenge = response.headers()["www-authenticate"].to_str().unwrap();
        assert_eq!(challenge, format!("Bearer realm=\"{}\"", zone.at(PATH)));
    }
    let in_query = zone.http.get(zone.at(PATH)).query(&[("access_token", &token)]);
    let in_both = in_query.try_clone().unwrap().bearer_auth(&token);
    let twice = zone.http.get(zone.at(PATH)).bearer_auth(&token).bearer_auth(&token);
    for request in [in_query, in_both, twice] {
        let response = request.send().await.unwrap();
        is_refused(response, StatusCode::BAD_REQUEST, "invalid_request", "send the access token once").await;
    }
}

/// RFC 6749 section 4.1.2, RFC 9700 section 4.14.2.
#[tokio::test]
async fn what_a_grant_gave_opens_nothing_once_its_code_or_refresh_token_came_twice() {
    let zone = Zone::start().await;
    let client_id = zone.public_client().await;
    let request = sign_in(&client_id, "openid");
    let other = text(&zone.signed_in(&request).await["access_token"]);

    let redirect = crate::support::Browser::new(&zone).sign_in(&request).await;
    let code = &crate::support::query(&redirect)["code"];
    let (_, tokens) = zone.redeem(&client_id, code).await;
    let token = text(&tokens["access_token"]);
    assert_eq!(asked(&zone, &token).await.status(), StatusCode::OK);
    assert_eq!(zone.token(&redemption(&client_id, code)).await.0, StatusCode::BAD_REQUEST);
    is_refused(asked(&zone, &token).await, StatusCode::UNAUTHORIZED, "invalid_token", "it was revoked").await;

    let first = zone.signed_in(&request).await;
    let (_, second) = zone.refresh(&client_id, &text(&first["refresh_token"])).await;
    let (status, _) = zone.refresh(&client_id, &text(&first["refresh_token"])).await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
    for tokens in [&first, &second] {
        let refused = asked(&zone, &text(&tokens["access_token"])).await;
        is_refused(refused, StatusCode::UNAUTHORIZED, "invalid_token", "it was revoked").await;
    }

    assert_eq!(asked(&zone, &other).await.status(), StatusCode::OK, "a grant beside them ended too");
}
