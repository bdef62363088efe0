//! Has a scope that is said to imply another, and does not take it for that one.

use serde_json::json;

use super::Fault;

pub(super) const FAULT: Fault = Fault {
    name: "forgets-implied-scopes",
    breaks: &["mcp-auth-scope-hierarchy"],
    metadata: |document| document["scopes_supported"] = json!(["reports:read", "reports:write"]),
    ..Fault::NONE
};
