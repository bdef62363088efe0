//! Does not compare Mcp-Param headers with the arguments.

use http::HeaderValue;

use super::Fault;

pub(super) const FAULT: Fault = Fault {
    name: "ignores-param-header",
    breaks: &["mcp-transport-param-header-validated"],
    request: |asked, head| {
        let region = asked.message["params"]["arguments"]["region"].as_str();
        if let (Some(_), Some(Ok(region))) = (asked.header("mcp-param-region"), region.map(HeaderValue::try_from)) {
            head.headers.insert("mcp-param-region", region);
        }
    },
    ..Fault::NONE
};
