//! A command under the guard: a second copy of this program, in a group of its own, that ends the command with us.

use std::process::{ExitStatus, Stdio};
use std::time::{Duration, Instant};

use tokio::process::{Child, ChildStderr, ChildStdin, ChildStdout, Command};

use super::GUARD;
use crate::given;

/// How long the guard may take to end the command's group.
const STOP_WITHIN: Duration = Duration::from_secs(10);

/// The guard holds the other end of a pipe from us; when it closes, for whatever reason (we end, panic or are killed),
/// the guard ends the command's group.
#[derive(Debug)]
pub(super) struct Guarded {
    guard: Child,
    lifeline: Option<ChildStdin>,
}

impl Guarded {
    /// Starts `command` under `sh -c` with these variables; and its output, to be read.
    pub(super) fn start(
        command: &str,
        env: &[(String, String)],
    ) -> std::io::Result<(Self, Option<ChildStdout>, Option<ChildStderr>)> {
        let mut guard = Command::new(std::env::current_exe()?)
            .args([GUARD, command])
            .envs(env.iter().map(|(name, value)| (name, value)))
            // These are for us, and no business of a server's.
            .env_remove(given::VARIABLE)
            .env_remove(crate::login::SECRET_VARIABLE)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            // Out of the terminal's foreground group, or Ctrl-C would end the guard before it has done its work.
            .process_group(0)
            .spawn()?;
        let (stdout, stderr) = (guard.stdout.take(), guard.stderr.take());
        let lifeline = guard.stdin.take();
        Ok((Self { guard, lifeline }, stdout, stderr))
    }

    /// Ends the command and everything in its group, and waits for that.
    pub(super) async fn stop(&mut self) {
        drop(self.lifeline.take());
        if tokio::time::timeout(STOP_WITHIN, self.guard.wait()).await.is_err() {
            // The guard itself is stuck; without it nobody else would end the group.
            let _ = self.guard.start_kill();
        }
    }

    /// The guard's process, whose descendants the command's processes are; none once it has ended.
    pub(super) fn id(&self) -> Option<u32> {
        self.guard.id()
    }

    /// Waits until the command has ended, and with it its group.
    pub(super) async fn wait(&mut self) -> std::io::Result<ExitStatus> {
        self.guard.wait().await
    }

    /// How the command ended, if it has.
    pub(super) fn ended(&mut self) -> Option<ExitStatus> {
        self.guard.try_wait().ok().flatten()
    }
}

/// Who drops a running command (an interruption, a panic) must not leave before its processes have.
impl Drop for Guarded {
    fn drop(&mut self) {
        drop(self.lifeline.take());
        let until = Instant::now() + STOP_WITHIN;
        while matches!(self.guard.try_wait(), Ok(None)) && Instant::now() < until {
            std::thread::sleep(Duration::from_millis(5));
        }
    }
}
