//! Cross-origin access for clients that run in a browser: the protocol's endpoints only, and never with cookies.

use axum::extract::Request;
use axum::http::{HeaderName, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

/// Lets a page of any origin read the answer. No `Access-Control-Allow-Credentials`: what these endpoints do, they do
/// for whoever holds the code, token or secret in the request itself.
pub(super) async fn open_to_browsers(request: Request, next: Next) -> Response {
    let mut response = if request.method() == Method::OPTIONS {
        let mut preflight = StatusCode::NO_CONTENT.into_response();
        for (name, value) in [
            (header::ACCESS_CONTROL_ALLOW_METHODS, "GET, POST, OPTIONS"),
            (header::ACCESS_CONTROL_ALLOW_HEADERS, "authorization, content-type, mcp-protocol-version"),
            (header::ACCESS_CONTROL_MAX_AGE, "600"),
        ] {
            insert(&mut preflight, name, value);
        }
        preflight
    } else {
        next.run(request).await
    };
    insert(&mut response, header::ACCESS_CONTROL_ALLOW_ORIGIN, "*");
    insert(&mut response, header::ACCESS_CONTROL_EXPOSE_HEADERS, "www-authenticate");
    response
}

fn insert(response: &mut Response, name: HeaderName, value: &'static str) {
    response.headers_mut().insert(name, HeaderValue::from_static(value));
}
