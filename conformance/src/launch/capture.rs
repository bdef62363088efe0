//! Runs a command to its end for what it prints: bounded in time and output, and nothing of it is left running.

use std::process::ExitStatus;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt};

use super::guarded::Guarded;
use crate::secrets::Secrets;
use crate::text::printable;

/// Most of standard error that is kept, in bytes: its end, where the reason stands.
const COMPLAINT_KEPT: usize = 4096;

/// What a command came to.
#[derive(Debug)]
pub struct Captured {
    /// How it ended.
    pub status: ExitStatus,
    /// What it printed.
    pub stdout: Vec<u8>,
    stderr: Vec<u8>,
}

/// Why a command came to nothing.
#[derive(Debug, thiserror::Error)]
pub enum CaptureError {
    /// It could not be started, or its end not be waited for.
    #[error("could not run the command: {0}")]
    Spawn(#[from] std::io::Error),
    /// It did not end.
    #[error("the command did not end within {} s, and was ended", .0.as_secs())]
    Endless(Duration),
    /// It printed too much.
    #[error("the command printed too much, and was ended")]
    TooMuch,
}

impl Captured {
    /// The end of what it wrote to standard error, ready to follow a sentence.
    pub fn complaint(&self, secrets: &Secrets) -> String {
        let text = secrets.mask(&String::from_utf8_lossy(&self.stderr));
        let lines: Vec<_> = text
            .lines()
            .filter(|line| !line.trim().is_empty())
            .map(|line| format!("    {}", printable(line)))
            .collect();
        if lines.is_empty() {
            return "; it wrote nothing to standard error".to_owned();
        }
        format!("; it wrote to standard error:\n{}", lines.join("\n"))
    }
}

/// Runs `command` under `sh -c`, with nothing to read.
///
/// # Errors
/// [`CaptureError`]; whatever was started is ended.
pub async fn run(command: &str, within: Duration, at_most: usize) -> Result<Captured, CaptureError> {
    let (mut guarded, stdout, stderr) = Guarded::start(command, &[])?;
    let ended = tokio::time::timeout(within, async {
        let mut out = Vec::new();
        let stderr = tokio::spawn(the_end(stderr));
        if let Some(mut stdout) = stdout {
            let limit = u64::try_from(at_most).unwrap_or(u64::MAX);
            (&mut stdout).take(limit.saturating_add(1)).read_to_end(&mut out).await?;
        }
        if out.len() > at_most {
            return Err(CaptureError::TooMuch);
        }
        let status = guarded.wait().await?;
        Ok(Captured { status, stdout: out, stderr: stderr.await.unwrap_or_default() })
    })
    .await;
    guarded.stop().await;
    ended.unwrap_or(Err(CaptureError::Endless(within)))
}

/// Reads a stream to its end and keeps the last of it.
async fn the_end(stream: Option<impl AsyncRead + Unpin>) -> Vec<u8> {
    let mut kept = Vec::new();
    let Some(mut stream) = stream else { return kept };
    let mut chunk = [0u8; 4096];
    while let Ok(read @ 1..) = stream.read(&mut chunk).await {
        kept.extend_from_slice(&chunk[..read]);
        let spare = kept.len().saturating_sub(COMPLAINT_KEPT);
        kept.drain(..spare);
    }
    kept
}
