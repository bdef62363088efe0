//! Has its metadata cached for a year.

use http::HeaderValue;

use super::Fault;

pub(super) const FAULT: Fault = Fault {
    name: "caches-metadata-for-a-year",
    breaks: &["rfc9728-7.10-cache-control"],
    response: |asked, response| {
        if asked.is_metadata() {
            response.headers_mut().insert("cache-control", HeaderValue::from_static("public, max-age=31536000"));
        }
    },
    ..Fault::NONE
};
