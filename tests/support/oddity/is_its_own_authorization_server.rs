//! Speaks 2025-03-26 and nothing else, and is its own authorization server, with metadata at its origin and in no other
//! place.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use axum::body::Bytes;
use http::header::{CONTENT_TYPE, HeaderValue};
use http::{Method, Response, StatusCode};
use serde_json::{Value, json};
use url::Url;

use super::speaks_four_revisions::{admit, offer};
use crate::fault::{Asked, Fault, edit_challenge};

pub(super) const ODDITY: Fault = Fault {
    name: "is-its-own-authorization-server",
    request: |asked, head| admit(asked, head, ALONE),
    response: |asked, response| authorize(asked, response, &AUTHORIZATION),
    ..Fault::NONE
};

/// The one revision.
pub(crate) const ALONE: &[&str] = &["2025-03-26"];

/// How it is an authorization server.
pub(crate) struct Authorization {
    /// Where its metadata are.
    pub(crate) metadata_at: Option<&'static str>,
    /// Changes its metadata.
    pub(crate) metadata: fn(&mut Value),
    /// Whether there is anything at the default paths.
    pub(crate) endpoints: bool,
    /// Whether it sends users to this address, given those that the client registered, without being one of them.
    pub(crate) redirects_to: fn(&[String], &str) -> bool,
    /// Whether its page can be framed.
    pub(crate) is_framed: bool,
}

/// As it should be.
pub(crate) const AUTHORIZATION: Authorization = Authorization {
    metadata_at: Some("/.well-known/oauth-authorization-server"),
    metadata: |_| {},
    endpoints: true,
    redirects_to: |_, _| false,
    is_framed: false,
};

/// Makes an answer that of such a server.
pub(crate) fn authorize(asked: &Asked, response: &mut Response<Bytes>, how: &Authorization) {
    offer(asked, response, ALONE);
    // The metadata that name an authorization server came with a later revision.
    edit_challenge(response, |challenge| {
        challenge.split(", ").filter(|param| !param.contains("resource_metadata=")).collect::<Vec<_>>().join(", ")
    });
    edit_challenge(response, |challenge| if challenge.contains('=') { challenge.to_owned() } else { BARE.to_owned() });
    let origin = format!("http://{}", asked.host);
    let Ok(url) = Url::parse(&format!("{origin}{}", asked.uri)) else { return };
    let page = (StatusCode::OK, "text/html", "<p>Do you allow this?</p>".to_owned());
    let json = |status, body: Value| (status, "application/json", body.to_string());
    let (status, media_type, body) = match (url.path(), &asked.method) {
        _ if asked.is_metadata() => json(StatusCode::NOT_FOUND, json!({})),
        (path, &Method::GET) if Some(path) == how.metadata_at => {
            let mut document = json!({
                "issuer": origin,
                "authorization_endpoint": format!("{origin}/authorize"),
                "token_endpoint": format!("{origin}/token"),
                "registration_endpoint": format!("{origin}/register"),
                "response_types_supported": ["code"],
                "code_challenge_methods_supported": ["S256"],
            });
            (how.metadata)(&mut document);
            json(StatusCode::OK, document)
        }
        ("/register", &Method::POST) if how.endpoints => {
            let mut answer = asked.message.clone();
            answer["client_id"] = json!(register(&asked.message["redirect_uris"]));
            json(StatusCode::CREATED, answer)
        }
        ("/token", &Method::POST) if how.endpoints => {
            json(StatusCode::BAD_REQUEST, json!({"error": "invalid_request"}))
        }
        ("/authorize", &Method::GET) if how.endpoints => {
            let param = |name: &str| url.query_pairs().find(|(n, _)| n == name).map(|(_, value)| value.into_owned());
            let redirect = param("redirect_uri").unwrap_or_default();
            let registered = registered(&param("client_id").unwrap_or_default());
            match HeaderValue::try_from(format!("{redirect}?code=conformance")) {
                _ if registered.contains(&redirect) => {
                    if !how.is_framed {
                        let policy = HeaderValue::from_static("frame-ancestors 'none'");
                        response.headers_mut().insert("content-security-policy", policy);
                    }
                    page
                }
                Ok(location) if (how.redirects_to)(&registered, &redirect) => {
                    response.headers_mut().insert("location", location);
                    (StatusCode::FOUND, "text/html", String::new())
                }
                _ => (StatusCode::BAD_REQUEST, "text/html", "<p>This client is not registered so.</p>".to_owned()),
            }
        }
        _ => return,
    };
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(media_type));
    *response.body_mut() = body.into();
}

/// What is left of a challenge that had nothing else to say.
const BARE: &str = "Bearer realm=\"mcp\"";

/// The redirect URIs of each client.
static CLIENTS: Mutex<BTreeMap<String, Vec<String>>> = Mutex::new(BTreeMap::new());

fn register(uris: &Value) -> String {
    let uris = uris.as_array().into_iter().flatten().filter_map(|uri| uri.as_str().map(str::to_owned));
    let mut clients = CLIENTS.lock().unwrap_or_else(PoisonError::into_inner);
    let id = format!("client-{}", clients.len());
    clients.insert(id.clone(), uris.collect());
    id
}

fn registered(client: &str) -> Vec<String> {
    CLIENTS.lock().unwrap_or_else(PoisonError::into_inner).get(client).cloned().unwrap_or_default()
}
