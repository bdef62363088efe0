//! Keeps its metadata at the root, and sends whoever asks for the path there.

use http::header::LOCATION;
use http::{HeaderValue, StatusCode};

use crate::fault::Fault;

pub(super) const ODDITY: Fault = Fault {
    name: "redirects-to-its-metadata",
    response: |asked, response| {
        if asked.is_metadata() && asked.uri.ends_with("/mcp") {
            *response.status_mut() = StatusCode::FOUND;
            response.headers_mut().insert(LOCATION, HeaderValue::from_static("/.well-known/oauth-protected-resource"));
        }
    },
    ..Fault::NONE
};
