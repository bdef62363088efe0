//! Starts the server under test and makes sure that nothing of it survives us.

pub mod capture;
mod guard;
mod guarded;
mod listening;

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::process::ExitStatus;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, BufReader};
use tokio::net::TcpStream;
use url::Url;

pub use guard::guard;
use guarded::Guarded;

/// The hidden subcommand under which this program runs as the guard of a launched command.
pub const GUARD: &str = "__guard";

/// Lines of the command's output that are kept, and the bytes of one.
const LINES_KEPT: usize = 30;
const LINE_KEPT: u64 = 1000;
/// How often readiness is asked for.
const POLL: Duration = Duration::from_millis(50);

/// A command that runs in its own process group, watched by a second copy of this program.
#[derive(Debug)]
pub struct Launched {
    guarded: Guarded,
    tail: Arc<Mutex<VecDeque<String>>>,
}

/// Why a command did not become a server.
#[derive(Debug, thiserror::Error)]
pub enum LaunchError {
    /// Something listens where the command is to listen.
    #[error(
        "something listens at {address} already, so the suite would judge somebody else's server; stop it, or use port 0 in --url to have a free port picked"
    )]
    PortInUse {
        /// Where.
        address: String,
    },
    /// The guard could not be started.
    #[error("could not start the command: {0}")]
    Spawn(#[source] std::io::Error),
    /// The command ended before it answered.
    #[error("the command ended with {status} before {url} answered{}{tail}", why_ended(*status))]
    Ended {
        /// How.
        status: ExitStatus,
        /// What was waited for.
        url: Url,
        /// The end of its output.
        tail: String,
    },
    /// The command runs and does not answer.
    #[error("no HTTP answer from {url} within {} s (--launch-timeout); {}{tail}", within.as_secs(), why_silent(url, listening))]
    Silent {
        /// What was waited for.
        url: Url,
        /// How long.
        within: Duration,
        /// Where the command listens, as far as can be seen.
        listening: Vec<SocketAddr>,
        /// The end of its output.
        tail: String,
    },
}

/// What an end so early may mean, beside what the command itself says.
fn why_ended(status: ExitStatus) -> &'static str {
    match status.code() {
        Some(0) => {
            "; it must stay in the foreground as long as it serves (what it left in the background has been stopped)"
        }
        Some(126) => "; the shell may not run it",
        Some(127) => "; the shell did not find it",
        _ => "",
    }
}

/// What a command that does not answer does instead.
fn why_silent(url: &Url, listening: &[SocketAddr]) -> String {
    let port = url.port_or_known_default().unwrap_or_default();
    let shown: Vec<_> = listening.iter().take(5).map(ToString::to_string).collect();
    let shown = shown.join(" and ");
    if listening.is_empty() {
        format!("the command runs; does it listen on the port in PORT, which is {port}?")
    } else if listening.iter().any(|address| address.port() == port) {
        let scheme = if url.scheme() == "https" { "http" } else { "https" };
        format!(
            "the command listens at {shown}; is it ready, and is {url} the address, or does it speak {scheme} there?"
        )
    } else {
        format!(
            "the command listens at {shown}, and was told to listen on port {port}, in PORT; \
             have it read PORT, set what it reads with --env NAME={{port}}, or name its own port in --url"
        )
    }
}

impl Launched {
    /// Starts `command` under `sh -c` with these variables, and waits until `url` gives any HTTP answer.
    ///
    /// # Errors
    /// [`LaunchError`]; whatever was started is ended.
    pub async fn start(
        command: &str,
        env: &[(String, String)],
        url: &Url,
        within: Duration,
    ) -> Result<Self, LaunchError> {
        refuse_a_port_in_use(url).await?;
        let mut launched = Self::spawn(command, env).map_err(LaunchError::Spawn)?;
        match tokio::time::timeout(within, launched.ready(url)).await {
            Ok(Ok(())) => Ok(launched),
            Ok(Err(status)) => {
                // The output may still be on its way through the pipe.
                launched.stop().await;
                Err(LaunchError::Ended { status, url: url.clone(), tail: launched.tail() })
            }
            Err(_) => {
                let listening = launched.guarded.id().map(listening::listening).unwrap_or_default();
                launched.stop().await;
                Err(LaunchError::Silent { url: url.clone(), within, listening, tail: launched.tail() })
            }
        }
    }

    fn spawn(command: &str, env: &[(String, String)]) -> std::io::Result<Self> {
        let (guarded, stdout, stderr) = Guarded::start(command, env)?;
        let tail = Arc::new(Mutex::new(VecDeque::new()));
        if let Some(out) = stdout {
            tokio::spawn(keep_tail(out, Arc::clone(&tail)));
        }
        if let Some(err) = stderr {
            tokio::spawn(keep_tail(err, Arc::clone(&tail)));
        }
        Ok(Self { guarded, tail })
    }

    async fn ready(&mut self, url: &Url) -> Result<(), ExitStatus> {
        let client = reqwest::Client::builder()
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .timeout(Duration::from_secs(5))
            // It is asked whether it answers, and nothing else; whether its certificate is good the survey finds out.
            .tls_danger_accept_invalid_certs(true)
            .build();
        let mut ticks = tokio::time::interval(POLL);
        loop {
            ticks.tick().await;
            if let Some(status) = self.ended() {
                return Err(status);
            }
            if let Ok(client) = &client
                && client.get(url.clone()).send().await.is_ok()
            {
                return Ok(());
            }
        }
    }

    /// Ends the command and everything in its group, and waits for that.
    pub async fn stop(&mut self) {
        self.guarded.stop().await;
    }

    /// How the command ended, if it has.
    pub fn ended(&mut self) -> Option<ExitStatus> {
        self.guarded.ended()
    }

    /// The end of the command's output, ready to follow a sentence; empty where it wrote nothing.
    pub fn tail(&self) -> String {
        let lines = self.tail.lock().unwrap_or_else(PoisonError::into_inner);
        if lines.is_empty() {
            return "; it wrote nothing".to_owned();
        }
        let mut shown: Vec<(String, usize)> = Vec::new();
        for line in lines.iter().map(|line| crate::text::printable(line)) {
            match shown.last_mut().filter(|(last, _)| *last == line) {
                Some((_, times)) => *times += 1,
                None => shown.push((line, 1)),
            }
        }
        let shown = shown.iter().map(|(line, times)| match times {
            1 => format!("    {line}"),
            times => format!("    {line}  ({times} times)"),
        });
        format!("; the end of its output:\n{}", shown.collect::<Vec<_>>().join("\n"))
    }
}

/// The parent of a process, as `/proc` has it.
#[cfg(target_os = "linux")]
fn parent_of(pid: u32) -> Option<u32> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // After the name, which is in parentheses and may hold anything: state, then the parent (proc_pid_stat(5)).
    stat.rsplit_once(") ")?.1.split(' ').nth(1)?.parse().ok()
}

/// Before the start nothing may listen there.
async fn refuse_a_port_in_use(url: &Url) -> Result<(), LaunchError> {
    for address in url.socket_addrs(|| None).unwrap_or_default() {
        let connect = tokio::time::timeout(Duration::from_secs(2), TcpStream::connect(address));
        if let Ok(Ok(_)) = connect.await {
            return Err(LaunchError::PortInUse { address: address.to_string() });
        }
    }
    Ok(())
}

async fn keep_tail(stream: impl AsyncRead + Unpin, tail: Arc<Mutex<VecDeque<String>>>) {
    let mut reader = BufReader::new(stream);
    loop {
        let mut line = Vec::new();
        // A line without end is cut, so that a hostile command cannot fill our memory.
        match (&mut reader).take(LINE_KEPT).read_until(b'\n', &mut line).await {
            Ok(0) | Err(_) => return,
            Ok(_) => {
                let text = String::from_utf8_lossy(&line).trim_end().to_owned();
                let mut kept = tail.lock().unwrap_or_else(PoisonError::into_inner);
                if kept.len() == LINES_KEPT {
                    kept.pop_front();
                }
                kept.push_back(text);
            }
        }
    }
}
