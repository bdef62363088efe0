//! Answers with an error of another kind where the client cannot be asked.

use serde_json::json;

use super::Fault;

pub(super) const FAULT: Fault = Fault {
    name: "names-no-missing-capability",
    breaks: &["mcp-base-missing-client-capability"],
    inputs: |rules| rules.missing = || json!({"code": -32602, "message": "the client cannot be asked"}),
    ..Fault::NONE
};
