//! Spells what headers hold in ways that are legal and rare: schemes, names of parameters and media types in other letters,
//! a value without quotes.

use http::HeaderValue;
use http::header::CONTENT_TYPE;

use crate::fault::{Fault, edit_challenge};

pub(super) const ODDITY: Fault = Fault {
    name: "spells-headers-oddly",
    response: |_, response| {
        edit_challenge(response, |challenge| {
            let challenge =
                challenge.replacen("Bearer ", "bEARER ", 1).replace("resource_metadata=", "Resource_Metadata=");
            challenge.replace("error=\"invalid_token\"", "Error=invalid_token").replace("scope=", "SCOPE=")
        });
        if response.headers().get(CONTENT_TYPE).is_some_and(|value| value == "application/json") {
            let odd = HeaderValue::from_static("Application/JSON;Charset=\"utf-8\"");
            response.headers_mut().insert(CONTENT_TYPE, odd);
        }
    },
    ..Fault::NONE
};
