//! What the zone writes down; findings here are about the zone, never about the server.

pub mod events;
pub mod signed_in_token;
