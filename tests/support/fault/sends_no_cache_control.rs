//! Does not say how long its metadata may be cached.

use super::Fault;

pub(super) const FAULT: Fault = Fault {
    name: "sends-no-cache-control",
    breaks: &["rfc9728-7.10-cache-control"],
    response: |asked, response| {
        if asked.is_metadata() {
            response.headers_mut().remove("cache-control");
        }
    },
    ..Fault::NONE
};
