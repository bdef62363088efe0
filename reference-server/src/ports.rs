//! What the server takes from outside: the time, chance, and a place for its audit trail.

use std::sync::Arc;

use jiff::Timestamp;

use crate::audit::AuditSink;

/// Tells the time.
pub trait Clock: Send + Sync + 'static {
    /// The present moment.
    fn now(&self) -> Timestamp;
}

/// The machine's clock.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }
}

/// Gives bytes that nobody can foresee.
pub trait Entropy: Send + Sync + 'static {
    /// Fills all of `bytes`.
    fn fill(&self, bytes: &mut [u8]);
}

/// The operating system's randomness.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemEntropy;

impl Entropy for SystemEntropy {
    fn fill(&self, bytes: &mut [u8]) {
        // Only the ids of audit records are drawn here, and a call is served without one rather than not at all.
        if let Err(error) = getrandom::fill(bytes) {
            tracing::error!(%error, "the operating system gave no randomness; an audit record has a zero id");
        }
    }
}

/// The three together.
#[derive(Clone)]
pub struct Ports {
    /// Decides about lifetimes and the age of keys, and dates audit records.
    pub clock: Arc<dyn Clock>,
    /// Names audit records.
    pub entropy: Arc<dyn Entropy>,
    /// Keeps audit records.
    pub audit: Arc<dyn AuditSink>,
}

impl Ports {
    /// The machine's clock and randomness, and `audit`.
    pub fn system(audit: Arc<dyn AuditSink>) -> Self {
        Self { clock: Arc::new(SystemClock), entropy: Arc::new(SystemEntropy), audit }
    }
}

impl std::fmt::Debug for Ports {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Ports").finish_non_exhaustive()
    }
}
