//! Has metadata for whatever it is asked about.

use http::StatusCode;
use serde_json::json;

use super::Fault;

pub(super) const FAULT: Fault = Fault {
    name: "vouches-for-any-path",
    breaks: &["rfc9728-3.2-error-status"],
    response: |asked, response| {
        if asked.is_metadata() && response.status() == StatusCode::NOT_FOUND {
            let path = asked.uri.trim_start_matches("/.well-known/oauth-protected-resource");
            *response.status_mut() = StatusCode::OK;
            *response.body_mut() = json!({"resource": format!("http://localhost{path}")}).to_string().into();
        }
    },
    ..Fault::NONE
};
