//! Speaks the newest revision alone, and answers GET with 404.

use http::{Method, StatusCode};

use super::Fault;
use crate::oddity::speaks_one_revision::refuse_older;

pub(super) const FAULT: Fault = Fault {
    name: "forgets-get",
    breaks: &["mcp-transport-get-405"],
    response: |asked, response| {
        refuse_older(asked, response);
        if asked.method == Method::GET && response.status() == StatusCode::METHOD_NOT_ALLOWED {
            *response.status_mut() = StatusCode::NOT_FOUND;
        }
    },
    ..Fault::NONE
};
