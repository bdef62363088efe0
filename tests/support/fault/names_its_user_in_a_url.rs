//! Writes the e-mail address of its user into the URL of a page for them.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::Fault;

pub(super) const FAULT: Fault = Fault {
    name: "names-its-user-in-a-url",
    breaks: &["mcp-elicitation-url-no-sensitive-data"],
    inputs: |rules| {
        rules.query = |claims| {
            let mail = claims["email"].as_str().unwrap_or("nobody");
            format!("&user={}", URL_SAFE_NO_PAD.encode(mail))
        }
    },
    ..Fault::NONE
};
