//! JSON: the contract. Its structure carries a version; `docs/report.schema.json` describes it.

use std::io;

use schemars::generate::SchemaSettings;

use super::{Report, Reporter};
use crate::text::is_visible;

/// Raised when a member changes its meaning or goes away; new members leave it as it is.
pub const SCHEMA_VERSION: u32 = 1;

pub(super) struct Json;

impl Reporter for Json {
    fn write(&self, report: &Report, out: &mut dyn io::Write) -> io::Result<()> {
        write(&serde_json::to_string_pretty(report)?, out)
    }
}

/// Writes JSON so that nothing in its strings is obeyed: by a terminal, or by what runs a CI job and takes `##[error]` for a
/// command.
pub(super) fn write(json: &str, out: &mut dyn io::Write) -> io::Result<()> {
    let (mut from, mut before) = (0, ' ');
    for (at, c) in json.char_indices() {
        if is_obeyed(c) || (c == '#' && before == '#') {
            write!(out, "{}", &json[from..at])?;
            c.encode_utf16(&mut [0; 2]).iter().try_for_each(|unit| write!(out, "\\u{unit:04x}"))?;
            from = at + c.len_utf8();
        }
        before = c;
    }
    writeln!(out, "{}", &json[from..])
}

/// Whether a terminal may obey the character, or nobody sees it. Outside of strings JSON has none but line breaks, and in
/// strings those of ASCII are escaped already.
fn is_obeyed(c: char) -> bool {
    c != '\n' && !is_visible(c)
}

/// The JSON Schema (draft 2020-12) of the report, as it is written.
pub fn schema() -> String {
    let schema = SchemaSettings::draft2020_12().for_serialize().into_generator().into_root_schema_for::<Report>();
    // A schema is JSON already.
    serde_json::to_string_pretty(&schema).unwrap_or_default() + "\n"
}
