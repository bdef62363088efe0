//! A body of which nothing can be said but that it could not be read. Reading it is the edge's business.

use std::time::Duration;

/// Why a body could not be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Unreadable {
    #[error("the body is larger than the {largest} bytes that this zone reads")]
    TooLarge { largest: usize },
    #[error("the body did not arrive within {} seconds", .longest.as_secs())]
    TooSlow { longest: Duration },
    #[error("the body broke off")]
    BrokenOff,
}
