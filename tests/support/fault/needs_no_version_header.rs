//! Takes the version from the body where the header is missing.

use http::HeaderValue;

use super::Fault;

pub(super) const FAULT: Fault = Fault {
    name: "needs-no-version-header",
    breaks: &["mcp-transport-version-header-missing"],
    request: |asked, head| {
        let named = asked.message["params"]["_meta"]["io.modelcontextprotocol/protocolVersion"].as_str();
        if let (None, Some(Ok(version))) = (&asked.revision, named.map(HeaderValue::try_from)) {
            head.headers.insert("mcp-protocol-version", version);
        }
    },
    ..Fault::NONE
};
