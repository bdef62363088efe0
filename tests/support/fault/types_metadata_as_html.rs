//! Serves its metadata as a web page.

use http::HeaderValue;

use super::Fault;

pub(super) const FAULT: Fault = Fault {
    name: "types-metadata-as-html",
    breaks: &["rfc9728-3.2-content-type"],
    response: |asked, response| {
        if asked.is_metadata() {
            response.headers_mut().insert("content-type", HeaderValue::from_static("text/html"));
        }
    },
    ..Fault::NONE
};
