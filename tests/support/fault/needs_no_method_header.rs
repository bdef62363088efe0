//! Does without Mcp-Method.

use http::HeaderValue;

use super::Fault;

pub(super) const FAULT: Fault = Fault {
    name: "needs-no-method-header",
    breaks: &["mcp-transport-mcp-method-required"],
    request: |asked, head| {
        let method = asked.rpc_method.as_deref().and_then(|method| HeaderValue::try_from(method).ok());
        if let (false, None, Some(method)) = (asked.is_of_initialize_era(), asked.header("mcp-method"), method) {
            head.headers.insert("mcp-method", method);
        }
    },
    ..Fault::NONE
};
