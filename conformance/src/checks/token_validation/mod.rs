//! Shape, signature and lifetime: what makes a token a token of the zone at all.

pub mod expired;
pub mod foreign_signature;
pub mod garbage;
pub mod missing_exp;
pub mod not_yet_valid;
pub mod public_key_as_secret;
pub mod query_token;
pub mod scheme_case;
pub mod tampered_claims;
pub mod tampered_signature;
pub mod unknown_claims;
pub mod unknown_header;
pub mod unsigned;
pub mod weak_secret;
