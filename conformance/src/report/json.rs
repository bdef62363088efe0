//! JSON: the contract. Its structure carries a version; `docs/report.schema.json` describes it.

use std::io;

use super::{Report, Reporter};

/// Raised when a member changes its meaning or goes away; new members leave it as it is.
pub const SCHEMA_VERSION: u32 = 1;

pub(super) struct Json;

impl Reporter for Json {
    fn write(&self, report: &Report, out: &mut dyn io::Write) -> io::Result<()> {
        serde_json::to_writer_pretty(&mut *out, report)?;
        writeln!(out)
    }
}
