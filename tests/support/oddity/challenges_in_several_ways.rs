//! Challenges with other schemes beside Bearer, before it in its own field and in a field of theirs.

use http::header::WWW_AUTHENTICATE;
use http::{HeaderValue, StatusCode};

use crate::fault::{Fault, edit_challenge};

pub(super) const ODDITY: Fault = Fault {
    name: "challenges-in-several-ways",
    response: |_, response| {
        edit_challenge(response, |challenge| format!("DPoP algs=\"ES256 PS256\", {challenge}"));
        if response.status() == StatusCode::UNAUTHORIZED {
            let negotiate = HeaderValue::from_static("Negotiate YII=, Basic realm=\"a, \\\"b\\\"\"");
            response.headers_mut().append(WWW_AUTHENTICATE, negotiate);
        }
    },
    ..Fault::NONE
};
