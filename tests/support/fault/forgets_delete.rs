//! Speaks the newest revision alone, and answers DELETE with 404.

use http::{Method, StatusCode};

use super::Fault;
use crate::oddity::speaks_one_revision::refuse_older;

pub(super) const FAULT: Fault = Fault {
    name: "forgets-delete",
    breaks: &["mcp-transport-delete-405"],
    response: |asked, response| {
        refuse_older(asked, response);
        if asked.method == Method::DELETE && response.status() == StatusCode::METHOD_NOT_ALLOWED {
            *response.status_mut() = StatusCode::NOT_FOUND;
        }
    },
    ..Fault::NONE
};
