//! Serves a request that does not say what its client can do.

use http::StatusCode;

use super::{Fault, serve};

pub(super) const FAULT: Fault = Fault {
    name: "needs-no-capabilities",
    breaks: &["mcp-base-meta-required"],
    response: |asked, response| {
        let meta = &asked.message["params"]["_meta"];
        if meta.is_object()
            && meta["io.modelcontextprotocol/clientCapabilities"].is_null()
            && response.status() == StatusCode::BAD_REQUEST
        {
            serve(asked, response);
        }
    },
    ..Fault::NONE
};
