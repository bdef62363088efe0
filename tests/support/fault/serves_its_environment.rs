//! Serves the file with its secrets.

use http::StatusCode;

use super::Fault;

pub(super) const FAULT: Fault = Fault {
    name: "serves-its-environment",
    breaks: &["keycard-guide-secrets-not-exposed"],
    response: |asked, response| {
        if asked.uri == "/.env" {
            *response.status_mut() = StatusCode::OK;
            *response.body_mut() = "PORT=8000\nKEYCARD_CLIENT_SECRET=s3cr3t-of-the-server\n".into();
        }
    },
    ..Fault::NONE
};
