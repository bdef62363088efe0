//! Wants a scope for every call, and names it in its 403 only.

use axum::body::Bytes;
use http::{Response, StatusCode};

use crate::fault::{Asked, Fault};
use crate::oddity::scopes_two_tools::forbid;

pub(super) const ODDITY: Fault =
    Fault { name: "wants-a-base-scope", response: |asked, response| base_scope(asked, response), ..Fault::NONE };

/// Answers 403 where the token has not the scope `mcp`.
pub(super) fn base_scope(asked: &Asked, response: &mut Response<Bytes>) {
    if response.status() == StatusCode::OK && asked.is_mcp() && !asked.holds("mcp") {
        forbid(asked, response, Some("mcp"));
    }
}
