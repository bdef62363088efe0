//! Being told to stop, by the user or by the system.

use tokio::signal::unix::{Signal, SignalKind, signal};

/// Listens from the start, so that no signal comes before somebody waits for it: one that does is not lost.
#[derive(Debug)]
pub(super) struct Interruptions(Option<(Signal, Signal)>);

impl Interruptions {
    /// Begins to listen; from here on a signal no longer ends the program by itself.
    pub(super) fn listen() -> Self {
        Self(signal(SignalKind::interrupt()).ok().zip(signal(SignalKind::terminate()).ok()))
    }

    /// Resolves at the next signal.
    pub(super) async fn next(&mut self) {
        let Some((interrupt, terminate)) = &mut self.0 else { return std::future::pending().await };
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    }
}
