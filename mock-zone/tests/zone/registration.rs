//! Dynamic registration: what is taken, and what is refused with which error. It leaves no event: the real zone's
//! name for one is not public.

use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::support::{CALLBACK, Zone, answer};

#[tokio::test]
async fn members_that_are_null_count_as_absent() {
    let zone = Zone::start().await;

    // As keycardai-mcp sends it.
    let (status, registration) = zone
        .post(
            "/oauth/2/registration",
            json!({
                "client_name": "Client",
                "redirect_uris": [CALLBACK],
                "grant_types": null,
                "response_types": null,
                "scope": null,
                "token_endpoint_auth_method": null,
                "client_uri": null,
                "jwks": null,
            }),
        )
        .await;

    assert_eq!(status, StatusCode::CREATED, "{registration}");
    assert_eq!(registration["grant_types"], json!(["authorization_code", "refresh_token"]));
    assert_eq!(registration["token_endpoint_auth_method"], "client_secret_basic");
    assert_eq!(registration["scope"], Value::Null);
    assert!(registration["client_secret"].as_str().unwrap().len() >= 32);
}

#[tokio::test]
async fn metadata_that_cannot_be_used_is_refused_by_name() {
    let zone = Zone::start().await;
    let many: Vec<String> = (0..21).map(|n| format!("http://localhost/{n}")).collect();

    for (metadata, error, says) in [
        (json!([]), "invalid_client_metadata", "JSON object"),
        (json!({"redirect_uris": CALLBACK}), "invalid_client_metadata", "redirect_uris must be an array of strings"),
        (json!({"redirect_uris": [1]}), "invalid_client_metadata", "redirect_uris must be an array of strings"),
        (
            json!({"redirect_uris": [CALLBACK], "client_name": 1}),
            "invalid_client_metadata",
            "client_name must be a string",
        ),
        (json!({"redirect_uris": [CALLBACK], "scope": "a\"b"}), "invalid_client_metadata", "scope must be"),
        (
            json!({"redirect_uris": [CALLBACK], "token_endpoint_auth_method": "client_secret_jwt"}),
            "invalid_client_metadata",
            "token_endpoint_auth_method must be",
        ),
        (
            json!({"redirect_uris": [CALLBACK], "grant_types": ["password"]}),
            "invalid_client_metadata",
            "grant_types must",
        ),
        (
            json!({"redirect_uris": [CALLBACK], "response_types": ["token"]}),
            "invalid_client_metadata",
            "response_types must hold code",
        ),
        (
            json!({"grant_types": ["client_credentials"], "token_endpoint_auth_method": "none"}),
            "invalid_client_metadata",
            "public client",
        ),
        (json!({}), "invalid_redirect_uri", "redirect_uris is required"),
        (json!({"redirect_uris": []}), "invalid_redirect_uri", "redirect_uris is required"),
        (json!({"redirect_uris": many}), "invalid_redirect_uri", "at most 20"),
        (
            json!({"redirect_uris": [CALLBACK, "/cb"]}),
            "invalid_redirect_uri",
            "redirect_uris[1]: a redirect URI must be an absolute",
        ),
        (json!({"redirect_uris": ["https://a.example/#x"]}), "invalid_redirect_uri", "fragment"),
        (json!({"redirect_uris": ["https://u:SECRET@a.example/"]}), "invalid_redirect_uri", "user name or password"),
        (json!({"redirect_uris": ["http://a.example/"]}), "invalid_redirect_uri", "https, or http to loopback"),
        (json!({"redirect_uris": ["javascript:alert(1)"]}), "invalid_redirect_uri", "https, or http to loopback"),
        (json!({"redirect_uris": ["cursor://mcp/cb"]}), "invalid_redirect_uri", "private-use schemes"),
        (json!({"redirect_uris": ["com.example.app:/cb"]}), "invalid_redirect_uri", "is this mock's choice"),
    ] {
        let (status, refusal) = zone.post("/oauth/2/registration", metadata).await;
        assert_eq!(status, StatusCode::BAD_REQUEST, "{says}");
        assert_eq!(refusal["error"], error, "{refusal}");
        let description = refusal["error_description"].as_str().unwrap();
        assert!(description.contains(says), "{says:?} in {description}");
        assert!(!description.contains("SECRET"), "{description}");
    }
    assert_eq!(zone.events().await, Vec::<Value>::new());
}

#[tokio::test]
async fn a_body_that_is_no_json_is_refused_as_one_that_is_wrong() {
    let zone = Zone::start().await;
    let post = || zone.http.post(zone.at("/oauth/2/registration"));

    for (request, says) in [
        (post().form(&[("client_name", "Client")]), "application/json"),
        (post().header("content-type", "application/json").body("{"), "JSON object"),
        (post().body("{}"), "application/json"),
        (post().json(&json!({"client_name": "x".repeat(40_000)})), "32768 bytes"),
    ] {
        let (status, refusal) = answer(request).await;
        assert_eq!((status, &refusal["error"]), (StatusCode::BAD_REQUEST, &json!("invalid_client_metadata")));
        let description = refusal["error_description"].as_str().unwrap();
        assert!(description.contains(says), "{says:?} in {description}");
    }
}
