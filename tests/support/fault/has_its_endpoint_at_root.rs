//! Has its endpoint at the root of its origin, as it may.

use super::Fault;
use crate::oddity::lives_at_root;

pub(super) const FAULT: Fault =
    Fault { name: "has-its-endpoint-at-root", breaks: &["keycard-guide-mcp-path"], ..lives_at_root::ODDITY };
