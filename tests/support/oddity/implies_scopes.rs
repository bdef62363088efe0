//! Wants a scope for every call, and has one scope that implies another.

use serde_json::json;

use crate::fault::Fault;
use crate::oddity::wants_a_base_scope::base_scope;

pub(super) const ODDITY: Fault = Fault {
    name: "implies-scopes",
    metadata: |document| document["scopes_supported"] = json!(["mcp", "reports:read", "reports:write"]),
    scopes: |claim| claim.as_str().unwrap_or_default().replace("reports:write", "reports:write reports:read"),
    response: |asked, response| base_scope(asked, response),
    ..Fault::NONE
};
