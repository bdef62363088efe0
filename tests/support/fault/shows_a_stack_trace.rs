//! Shows a stack trace to whoever sends a token that is none.

use http::StatusCode;

use super::Fault;

pub(super) const FAULT: Fault = Fault {
    name: "shows-a-stack-trace",
    breaks: &["mcp-auth-validate-before-processing"],
    response: |asked, response| {
        if response.status() == StatusCode::UNAUTHORIZED && asked.token().is_some() && !asked.is_jwt() {
            *response.body_mut() = "Traceback (most recent call last):\n  File \"/srv/app/auth.py\", line 7".into();
        }
    },
    ..Fault::NONE
};
