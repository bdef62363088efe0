//! Its challenge leads to a web page.

use http::StatusCode;

use super::{Fault, edit_challenge};

pub(super) const FAULT: Fault = Fault {
    name: "advertises-a-web-page",
    breaks: &["rfc9728-3.2-content-type", "rfc9728-5.1-resource-metadata-url"],
    response: |asked, response| {
        edit_challenge(response, |challenge| challenge.replace("/.well-known/oauth-protected-resource/mcp", "/help"));
        if asked.uri == "/help" {
            *response.status_mut() = StatusCode::OK;
            *response.body_mut() = "<!doctype html><title>Help</title>".into();
        }
    },
    ..Fault::NONE
};
