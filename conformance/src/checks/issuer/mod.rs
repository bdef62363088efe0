//! Who issued the token.

pub mod missing;
pub mod other;
pub mod second_zone;
pub mod second_zone_contact;
pub mod trailing_slash;
