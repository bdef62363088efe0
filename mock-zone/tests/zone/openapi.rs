//! The control plane as its document describes it, every operation of it, and guarded in every one.

use mock_zone::{Config, Control, Secret};
use reqwest::{Method, RequestBuilder, StatusCode};
use serde_json::{Value, json};

use crate::support::{Zone, answer};

/// Every operation of the document: method, path with something in its placeholders, and whether it takes a body.
async fn operations(zone: &Zone) -> Vec<(Method, String, bool)> {
    let document = zone.json("/_control/openapi.json").await;
    assert_eq!(document["openapi"], "3.1.0");
    let mut operations = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap().iter().filter(|(name, _)| *name != "parameters") {
            let method = Method::from_bytes(method.to_uppercase().as_bytes()).unwrap();
            let path = path.replace("{endpoint}", "jwks").replace("{kid}", "none");
            operations.push((method, path, !operation["requestBody"].is_null()));
        }
    }
    assert!(operations.len() > 20, "{operations:?}");
    operations
}

fn request(zone: &Zone, method: &Method, path: &str, takes_body: bool) -> RequestBuilder {
    let request = zone.http.request(method.clone(), zone.at(path));
    if takes_body { request.json(&json!({})) } else { request }
}

#[tokio::test]
async fn every_operation_is_served_and_no_other_method() {
    let zone = Zone::start().await;
    let operations = operations(&zone).await;
    for (method, path, takes_body) in &operations {
        let (status, said) = answer(request(&zone, method, path, *takes_body)).await;
        // The placeholder of a key names none.
        let is_served =
            !matches!(status, StatusCode::METHOD_NOT_ALLOWED | StatusCode::NOT_FOUND) || said["error"] == "unknown_key";
        assert!(is_served, "{method} {path}: {status} {said}");
    }
    for (_, path, _) in &operations {
        for method in [Method::GET, Method::POST, Method::PUT, Method::DELETE, Method::PATCH, Method::OPTIONS] {
            if operations.iter().any(|(known, of, _)| *known == method && of == path) {
                continue;
            }
            let response = request(&zone, &method, path, true).send().await.unwrap();
            assert_eq!(response.status(), StatusCode::METHOD_NOT_ALLOWED, "{method} {path}");
            assert!(response.headers().contains_key("allow"), "{method} {path}");
        }
    }
    let (status, refusal) = answer(zone.http.get(zone.at("/_control/fault"))).await;
    assert_eq!(status, StatusCode::NOT_FOUND);
    assert!(refusal["message"].as_str().unwrap().contains("/_control/openapi.json"), "{refusal}");
}

#[tokio::test]
async fn every_operation_refuses_what_it_does_not_know_and_what_is_no_json() {
    let zone = Zone::start().await;
    for (method, path, takes_body) in operations(&zone).await {
        if !takes_body {
            continue;
        }
        let at = format!("{method} {path}");
        let to = || zone.http.request(method.clone(), zone.at(&path));
        let (status, refusal) = answer(to().json(&json!({"no_such_member": 1}))).await;
        assert_eq!(status, StatusCode::BAD_REQUEST, "{at}: {refusal}");
        assert!(refusal["message"].as_str().unwrap().contains("no_such_member"), "{at}: {refusal}");
        for body in ["", "[]", "{", "null"] {
            let sent = to().header("content-type", "application/json").body(body);
            assert_eq!(answer(sent).await.0, StatusCode::BAD_REQUEST, "{at}: {body}");
        }
        assert_eq!(answer(to().form(&[("a", "b")])).await.0, StatusCode::UNSUPPORTED_MEDIA_TYPE, "{at}");
        assert_eq!(answer(to().body("{}")).await.0, StatusCode::UNSUPPORTED_MEDIA_TYPE, "{at}");
    }
    let large = json!({"token": "x".repeat(5 * 1024 * 1024)});
    assert_eq!(zone.post("/_control/tokens/revoke", large).await.0, StatusCode::PAYLOAD_TOO_LARGE);
}

#[tokio::test]
async fn no_operation_is_for_a_web_page_or_another_host() {
    let zone = Zone::start().await;
    for (method, path, takes_body) in operations(&zone).await {
        for (name, value, status) in [
            ("host", "evil.example", StatusCode::MISDIRECTED_REQUEST),
            ("host", "127.0.0.1.evil.example", StatusCode::MISDIRECTED_REQUEST),
            ("origin", "https://evil.example", StatusCode::FORBIDDEN),
            ("origin", "null", StatusCode::FORBIDDEN),
            ("origin", zone.url(), StatusCode::FORBIDDEN),
            ("sec-fetch-site", "cross-site", StatusCode::FORBIDDEN),
            ("sec-fetch-site", "same-site", StatusCode::FORBIDDEN),
        ] {
            let response = request(&zone, &method, &path, takes_body).header(name, value).send().await.unwrap();
            assert_eq!(response.status(), status, "{method} {path} {name}: {value}");
            assert!(response.headers().get("access-control-allow-origin").is_none(), "{method} {path}");
        }
    }
    // Nothing was reset or ended meanwhile: the list of requests still has what the hosts were refused.
    assert_ne!(zone.json("/_control/keys").await["keys"], json!([]));
}

#[tokio::test]
async fn every_operation_wants_the_control_token_where_there_is_one() {
    let open = Zone::start().await;
    let control = Control::Token(Secret::new("the-control-token"));
    let zone = Zone::with(Config { control, ..Config::default() }).await;
    let absent = Zone::with(Config { control: Control::Absent, ..Config::default() }).await;
    for (method, path, takes_body) in operations(&open).await {
        let (status, refusal) = answer(request(&zone, &method, &path, takes_body)).await;
        assert_eq!((status, &refusal["error"]), (StatusCode::UNAUTHORIZED, &Value::from("control_token_required")));
        let wrong = request(&zone, &method, &path, takes_body).bearer_auth("the-control-toke");
        assert_eq!(answer(wrong).await.0, StatusCode::UNAUTHORIZED, "{method} {path}");
        let right = request(&zone, &method, &path, takes_body).bearer_auth("the-control-token");
        assert_ne!(answer(right).await.0, StatusCode::UNAUTHORIZED, "{method} {path}");
        let (status, _) = answer(request(&absent, &method, &path, takes_body)).await;
        assert_eq!(status, StatusCode::NOT_FOUND, "{method} {path}");
    }
}
