//! Lists its resources without looking at the token.

use http::StatusCode;

use super::{Fault, serve};

pub(super) const FAULT: Fault = Fault {
    name: "opens-resources",
    breaks: &["mcp-transport-authenticate-all"],
    response: |asked, response| {
        if asked.rpc_method.as_deref() == Some("resources/list") && response.status() == StatusCode::UNAUTHORIZED {
            serve(asked, response);
        }
    },
    ..Fault::NONE
};
