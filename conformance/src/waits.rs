//! Waiting for a server's cache: bounded, and with growing steps, so that a fast server is not slowed down.

use std::time::{Duration, Instant};

use crate::waiting::Begun;

const FIRST_STEP: Duration = Duration::from_millis(100);
const LONGEST_STEP: Duration = Duration::from_secs(2);

/// How long is still waited, and how long the next step is.
#[derive(Debug)]
pub struct Waits {
    until: Instant,
    step: Duration,
    /// What is shown of it, for as long as it goes on.
    _shown: Option<Begun>,
}

impl Waits {
    /// Waits no longer than this in all.
    pub fn within(bound: Duration) -> Self {
        Self { until: Instant::now() + bound, step: FIRST_STEP, _shown: None }
    }

    /// The same, shown to whoever watches the run.
    #[must_use]
    pub fn shown(self, begun: Begun) -> Self {
        Self { _shown: Some(begun), ..self }
    }

    /// Waits one step; false where the bound has been reached.
    pub async fn again(&mut self) -> bool {
        let left = self.until.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return false;
        }
        tokio::time::sleep(self.step.min(left)).await;
        self.step = (self.step * 3 / 2).min(LONGEST_STEP);
        true
    }
}
