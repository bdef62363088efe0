//! The programs under test, and what a run of the suite came to.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;
use support::process::Program;

pub(crate) const CONFORMANCE: &str = env!("CARGO_BIN_EXE_conformance-under-test");
pub(crate) const MOCK_ZONE: &str = env!("CARGO_BIN_EXE_mock-zone-under-test");
pub(crate) const REFERENCE_SERVER: &str = env!("CARGO_BIN_EXE_reference-server-under-test");
pub(crate) const PANICKING: &str = env!("CARGO_BIN_EXE_panicking");
const WATCHED: &str = env!("CARGO_BIN_EXE_watched");
pub(crate) const FAULTY_SERVER: &str = env!("CARGO_BIN_EXE_faulty-server");

/// A zone of its own for one test.
pub(crate) fn zone() -> Program {
    zone_with(&[])
}

/// A zone with more options.
pub(crate) fn zone_with(options: &[&str]) -> Program {
    Program::start(Path::new(MOCK_ZONE), &[&["--port", "0"], options].concat(), &[], "KEYCARD_ZONE_URL")
}

/// A server with this fault, trusting `zone`.
pub(crate) fn faulty_server(zone: &Program, fault: &str) -> Program {
    let env = [("KEYCARD_ZONE_URL", zone.said("KEYCARD_ZONE_URL")), ("PORT", "0")];
    Program::start(Path::new(FAULTY_SERVER), &[fault], &env, "MCP_SERVER_URL")
}

/// How a run of the suite ended.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Run {
    /// The JSON report that was asked for on standard output.
    pub(crate) fn report(&self) -> Value {
        serde_json::from_str(&self.stdout)
            .unwrap_or_else(|e| panic!("no report ({e}): {}\n{}", self.stdout, self.stderr))
    }
}

/// Runs the suite.
pub(crate) fn conformance(args: &[&str]) -> Run {
    conformance_in(&[], args)
}

/// Runs the suite with these variables beside the test's own.
pub(crate) fn conformance_in(env: &[(&str, &str)], args: &[&str]) -> Run {
    let output = Command::new(CONFORMANCE).args(args).envs(env.iter().copied()).output().expect("the suite starts");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    Run { code: output.status.code(), stdout: text(&output.stdout), stderr: text(&output.stderr) }
}

/// A program under a watch that sees every process it starts, directly or not.
#[derive(Debug)]
pub(crate) struct Watched(Program);

/// How a watched program ended.
#[derive(Debug)]
pub(crate) struct Ended {
    /// The exit code, or `signal` and its number.
    pub(crate) status: String,
    /// How many processes outlived the program.
    pub(crate) survivors: String,
    /// What it wrote to standard output.
    pub(crate) output: String,
}

impl Watched {
    /// Starts a program.
    pub(crate) fn start(program: &str, args: &[&str]) -> Self {
        let command: Vec<&str> = std::iter::once(program).chain(args.iter().copied()).collect();
        Self(Program::start(Path::new(WATCHED), &command, &[], "PID"))
    }

    /// Sends a signal (`INT`, `KILL`) to the program itself.
    pub(crate) fn signal(&self, name: &str) {
        let sent = Command::new("kill").args([&format!("-{name}"), self.0.said("PID")]).status();
        assert!(sent.expect("kill can be run").success());
    }

    /// Waits for the program's end, and for that of all that it started.
    pub(crate) fn ended(self) -> Ended {
        let output = self.0.rest();
        let last = |name: &str| {
            let line = output.lines().rev().find_map(|line| line.strip_prefix(name));
            line.unwrap_or_else(|| panic!("no {name} in {output}")).to_owned()
        };
        Ended { status: last("STATUS="), survivors: last("SURVIVORS="), output }
    }
}

/// A file of this name for one test alone.
pub(crate) fn temporary(name: &str) -> PathBuf {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    // What an earlier run left must not be taken for this one's.
    let _ = std::fs::remove_file(&path);
    path
}

/// The JSON at this path of a server.
pub(crate) fn answer(origin: &str, path: &str) -> Value {
    let (_, text) = sent(|client| client.get(format!("{origin}{path}")));
    serde_json::from_str(&text).expect("the answer is JSON")
}

/// The JSON with which a server answers this.
pub(crate) fn posted(origin: &str, path: &str, body: &Value) -> Value {
    let (_, text) = sent(|client| client.post(format!("{origin}{path}")).json(body));
    serde_json::from_str(&text).expect("the answer is JSON")
}

/// The head and the body of the answer to a request; no redirect is followed.
pub(crate) fn sent(request: impl FnOnce(&reqwest::Client) -> reqwest::RequestBuilder) -> (Head, String) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime can be had");
    runtime.block_on(async {
        let client = reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none());
        let client = client.build().expect("a client can be had");
        let response = request(&client).send().await.expect("the server answers");
        let head = Head { status: response.status().as_u16(), headers: response.headers().clone() };
        (head, response.text().await.expect("the answer ends"))
    })
}

/// The head of an answer.
#[derive(Debug)]
pub(crate) struct Head {
    pub(crate) status: u16,
    pub(crate) headers: http::HeaderMap,
}

impl Head {
    /// A header's text; empty where there is none.
    pub(crate) fn text(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }
}
