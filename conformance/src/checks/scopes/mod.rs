//! What the token permits.

pub mod challenge_error;
pub mod challenge_metadata;
pub mod challenge_names;
pub mod challenge_present;
pub mod lookalike;
pub mod missing;
pub mod order;
pub mod status;
