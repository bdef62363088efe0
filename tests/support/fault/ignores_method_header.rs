//! Does not compare Mcp-Method with the body.

use http::HeaderValue;

use super::Fault;

pub(super) const FAULT: Fault = Fault {
    name: "ignores-method-header",
    breaks: &["mcp-transport-mcp-method-mismatch"],
    request: |asked, head| {
        let method = asked.rpc_method.as_deref().and_then(|method| HeaderValue::try_from(method).ok());
        if let (Some(_), Some(method)) = (asked.header("mcp-method"), method) {
            head.headers.insert("mcp-method", method);
        }
    },
    ..Fault::NONE
};
