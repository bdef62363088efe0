//! Whom the token was issued for.

pub mod array_mixed;
pub mod array_other;
pub mod array_own;
pub mod issuer;
pub mod lookalike;
pub mod malformed;
pub mod missing;
pub mod other;
pub mod sibling;
