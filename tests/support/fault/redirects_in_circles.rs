//! Sends who asks for its metadata without a preference around in circles.

use http::HeaderValue;
use http::StatusCode;

use super::Fault;

pub(super) const FAULT: Fault = Fault {
    name: "redirects-in-circles",
    breaks: &["rfc9728-3.1-get"],
    response: |asked, response| {
        let here = HeaderValue::try_from(asked.uri.as_str());
        if let (true, Some("*/*"), Ok(here)) = (asked.is_metadata(), asked.accept.as_deref(), here) {
            *response.status_mut() = StatusCode::FOUND;
            response.headers_mut().insert("location", here);
        }
    },
    ..Fault::NONE
};
