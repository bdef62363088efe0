//! Sends no WWW-Authenticate with a 401 for GET.

use http::{Method, StatusCode};

use super::Fault;

pub(super) const FAULT: Fault = Fault {
    name: "answers-get-without-challenge",
    breaks: &["rfc9110-11.6.1-401-challenge"],
    response: |asked, response| {
        if response.status() == StatusCode::UNAUTHORIZED && asked.method == Method::GET {
            response.headers_mut().remove("www-authenticate");
        }
    },
    ..Fault::NONE
};
