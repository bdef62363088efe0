//! Answers 400 to a notification that it does not know, before it looks at credentials.

use axum::body::Bytes;
use http::StatusCode;

use crate::fault::Fault;

pub(super) const ODDITY: Fault = Fault {
    name: "knows-no-cancelling",
    response: |asked, response| {
        if asked.rpc_method.as_deref() == Some("notifications/cancelled") {
            *response.status_mut() = StatusCode::BAD_REQUEST;
            response.headers_mut().remove("www-authenticate");
            *response.body_mut() = Bytes::new();
        }
    },
    ..Fault::NONE
};
