//! The exit codes: stable, documented, tested.

use std::process::ExitCode;

use schemars::JsonSchema;
use serde::Serialize;

/// How a run ended, as a process says it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ExitStatus {
    /// 0: everything that was asked for was tested, and nothing was found.
    Success,
    /// 1: findings, or something that was required was not tested.
    Findings,
    /// 2: usage or configuration, before anything was sent.
    Usage,
    /// 3: could not test: no answer, nothing tested, an inconclusive check, an unwaived MUST that was not tested.
    CouldNotTest,
    /// 130: interrupted, with the report so far.
    Interrupted,
}

impl ExitStatus {
    /// The number that the process exits with.
    pub fn code(self) -> u8 {
        match self {
            Self::Success => 0,
            Self::Findings => 1,
            Self::Usage => 2,
            Self::CouldNotTest => 3,
            Self::Interrupted => 130,
        }
    }
}

impl From<ExitStatus> for ExitCode {
    fn from(status: ExitStatus) -> Self {
        Self::from(status.code())
    }
}
