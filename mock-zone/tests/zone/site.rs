//! A web site on loopback, where clients keep their documents and keys, and keys to sign assertions with.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::http::{HeaderMap, HeaderName, StatusCode, Uri};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use josekit::jwk::Jwk;
use josekit::jwk::alg::ec::EcCurve;
use josekit::jws::{ES256, JwsSigner as _};
use serde_json::{Value, json};
use tokio::net::TcpListener;

#[derive(Clone)]
struct Page {
    status: u16,
    headers: Vec<(&'static str, String)>,
    body: String,
}

/// A site that serves what it was told to, and counts who asks.
pub(crate) struct Site {
    url: String,
    pages: Arc<Mutex<HashMap<String, Page>>>,
    asked: Arc<Mutex<HashMap<String, usize>>>,
}

impl Site {
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let pages: Arc<Mutex<HashMap<String, Page>>> = Arc::default();
        let asked: Arc<Mutex<HashMap<String, usize>>> = Arc::default();
        let (served, counted) = (Arc::clone(&pages), Arc::clone(&asked));
        let router = Router::new().fallback(move |uri: Uri| {
            *counted.lock().unwrap().entry(uri.path().to_owned()).or_default() += 1;
            let page = served.lock().unwrap().get(uri.path()).cloned();
            async move {
                let page = page.unwrap_or(Page { status: 404, headers: Vec::new(), body: String::new() });
                let headers = page.headers.into_iter();
                let headers: HeaderMap =
                    headers.map(|(name, value)| (HeaderName::from_static(name), value.parse().unwrap())).collect();
                (StatusCode::from_u16(page.status).unwrap(), headers, page.body)
            }
        });
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { url, pages, asked }
    }

    pub(crate) fn at(&self, path: &str) -> String {
        format!("{}{path}", self.url)
    }

    /// Serves JSON.
    pub(crate) fn serve(&self, path: &str, body: &Value) {
        self.serve_as(path, 200, &[("content-type", "application/json")], &body.to_string());
    }

    pub(crate) fn serve_as(&self, path: &str, status: u16, headers: &[(&'static str, &str)], body: &str) {
        let headers = headers.iter().map(|(name, value)| (*name, (*value).to_owned())).collect();
        self.pages.lock().unwrap().insert(path.to_owned(), Page { status, headers, body: body.to_owned() });
    }

    pub(crate) fn remove(&self, path: &str) {
        self.pages.lock().unwrap().remove(path);
    }

    /// How often somebody asked for `path`.
    pub(crate) fn asked(&self, path: &str) -> usize {
        self.asked.lock().unwrap().get(path).copied().unwrap_or(0)
    }
}

/// A key of a client's, for ES256.
pub(crate) struct Key(Jwk);

impl Key {
    pub(crate) fn new(kid: &str) -> Self {
        let mut jwk = Jwk::generate_ec_key(EcCurve::P256).unwrap();
        jwk.set_key_id(kid);
        Self(jwk)
    }

    pub(crate) fn public(&self) -> Value {
        let mut jwk = self.0.to_public_key().unwrap();
        jwk.set_key_id(self.0.key_id().unwrap());
        Value::Object(jwk.into())
    }

    pub(crate) fn private(&self) -> Value {
        Value::Object(self.0.clone().into())
    }

    pub(crate) fn jwks(&self) -> Value {
        json!({"keys": [self.public()]})
    }

    pub(crate) fn sign(&self, claims: &Value) -> String {
        self.sign_with_header(&json!({"alg": "ES256", "typ": "JWT", "kid": self.0.key_id()}), claims)
    }

    pub(crate) fn sign_with_header(&self, header: &Value, claims: &Value) -> String {
        let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let input = format!("{}.{}", part(header), part(claims));
        let signature = ES256.signer_from_jwk(&self.0).unwrap().sign(input.as_bytes()).unwrap();
        format!("{input}.{}", URL_SAFE_NO_PAD.encode(signature))
    }
}

/// `value` with `patch` on top, null taking a member out.
pub(crate) fn patched(mut value: Value, patch: &Value) -> Value {
    for (name, new) in patch.as_object().unwrap() {
        let members = value.as_object_mut().unwrap();
        if new.is_null() {
            members.remove(name)
        } else {
            members.insert(name.clone(), new.clone())
        };
    }
    value
}
