//! Compares an Mcp-Param header with the argument where there is one, and does without it where there is none.

use http::HeaderValue;

use super::Fault;

pub(super) const FAULT: Fault = Fault {
    name: "needs-no-param-header",
    breaks: &["mcp-transport-param-header-validated"],
    request: |asked, head| {
        let region = asked.message["params"]["arguments"]["region"].as_str();
        if let (None, Some(Ok(region))) = (asked.header("mcp-param-region"), region.map(HeaderValue::try_from)) {
            head.headers.insert("mcp-param-region", region);
        }
    },
    ..Fault::NONE
};
