//! The programs under test, and what a run of the suite came to.

use std::path::Path;
use std::process::Command;

use serde_json::Value;
use support::process::Program;

pub(crate) const CONFORMANCE: &str = env!("CARGO_BIN_EXE_conformance-under-test");
pub(crate) const MOCK_ZONE: &str = env!("CARGO_BIN_EXE_mock-zone-under-test");
pub(crate) const FAULTY_SERVER: &str = env!("CARGO_BIN_EXE_faulty-server");

/// A zone of its own for one test.
pub(crate) fn zone() -> Program {
    Program::start(Path::new(MOCK_ZONE), &["--port", "0"], &[], "KEYCARD_ZONE_URL")
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
    let output = Command::new(CONFORMANCE).args(args).output().expect("the suite starts");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    Run { code: output.status.code(), stdout: text(&output.stdout), stderr: text(&output.stderr) }
}
