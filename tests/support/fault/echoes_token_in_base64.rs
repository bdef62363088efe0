//! Repeats a refused token in base64.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::StatusCode;

use super::Fault;

pub(super) const FAULT: Fault = Fault {
    name: "echoes-token-in-base64",
    breaks: &["mcp-auth-token-not-echoed"],
    response: |asked, response| {
        if let (StatusCode::UNAUTHORIZED, Some(value)) = (response.status(), &asked.authorization) {
            let debug = STANDARD.encode(format!("authorization: {value}"));
            *response.body_mut() = format!("cannot verify {debug}").into();
        }
    },
    ..Fault::NONE
};
