//! What the zone asks of the outside: the time, and randomness.
//!
//! Only the program and [`MockZone`](crate::MockZone) construct the system's; the same clock, entropy and signing key
//! give the same bytes.

use std::fmt;
use std::sync::Arc;

use jiff::Timestamp;

/// Tells the time.
pub trait Clock: Send + Sync {
    /// The present moment.
    fn now(&self) -> Timestamp;
}

/// Gives bytes that nobody can predict.
pub trait Entropy: Send + Sync {
    /// Fills all of `bytes`.
    fn fill(&self, bytes: &mut [u8]);
}

/// Everything that the zone takes from outside.
#[derive(Clone)]
pub struct Ports {
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Randomness for identifiers, codes and secrets. Keys do not come from here: OpenSSL draws its own.
    pub entropy: Arc<dyn Entropy>,
}

impl Ports {
    /// The operating system's clock and randomness.
    pub fn system() -> Self {
        Self { clock: Arc::new(SystemClock), entropy: Arc::new(SystemEntropy) }
    }
}

impl fmt::Debug for Ports {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ports").finish_non_exhaustive()
    }
}

struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }
}

struct SystemEntropy;

impl Entropy for SystemEntropy {
    fn fill(&self, bytes: &mut [u8]) {
        // Without randomness no code or secret may be made, and there is nothing to fall back to: stopping is the answer.
        getrandom::fill(bytes).expect("the operating system gives randomness");
    }
}
