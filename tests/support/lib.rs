//! What the end-to-end tests and the faulty server share.

pub mod fault;
pub mod hostile;
pub mod oddity;
pub mod process;
pub mod tls;
