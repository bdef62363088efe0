//! JSON: the contract. Its structure carries a version; `docs/report.schema.json` describes it.

use std::io;

use schemars::generate::SchemaSettings;

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

/// The JSON Schema (draft 2020-12) of the report, as it is written.
pub fn schema() -> String {
    let schema = SchemaSettings::draft2020_12().for_serialize().into_generator().into_root_schema_for::<Report>();
    // A schema is JSON already.
    serde_json::to_string_pretty(&schema).unwrap_or_default() + "\n"
}
