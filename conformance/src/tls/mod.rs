//! TLS as the suite itself speaks it, beside what its HTTP client does: certificates made for one run, a front that gives
//! TLS to what has none, and handshakes in chosen versions.

mod authority;
mod front;
mod handshake;

pub use authority::{Authority, Identity, Name};
pub use front::{Front, Seen};
pub use handshake::{Handshake, Versions, handshake};
