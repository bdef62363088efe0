//! `conformance list`: every check, for people or for programs.

use clap::{Args, ValueEnum};
use serde::Serialize;

use super::fail;
use crate::check::{Area, Level, Need};
use crate::checks;
use crate::exit_status::ExitStatus;

/// Lists every check.
#[derive(Debug, Args)]
pub(super) struct List {
    /// For people or for programs
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    format: ListFormat,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum ListFormat {
    Text,
    Json,
}

#[derive(Serialize)]
struct Entry {
    id: &'static str,
    title: &'static str,
    level: Level,
    area: Area,
    needs: &'static [Need],
    requirements: &'static [&'static str],
}

impl List {
    pub(super) fn execute(&self) -> ExitStatus {
        let entries = checks::ALL.iter().map(|check| {
            let meta = check.meta();
            Entry {
                id: meta.id,
                title: check.title(),
                level: meta.level,
                area: meta.area,
                needs: meta.needs,
                requirements: meta.requirements,
            }
        });
        let entries: Vec<_> = entries.collect();
        match self.format {
            ListFormat::Json => match serde_json::to_string_pretty(&entries) {
                Ok(text) => super::print(&text),
                Err(error) => return fail(ExitStatus::CouldNotTest, error),
            },
            ListFormat::Text => {
                let width = entries.iter().map(|e| e.id.len()).max().unwrap_or_default();
                for area in entries.iter().map(|e| e.area).collect::<std::collections::BTreeSet<_>>() {
                    super::print(&format!("\n{}", area.name()));
                    for entry in entries.iter().filter(|e| e.area == area) {
                        super::print(&format!("  {:<width$}  {:<6}  {}", entry.id, entry.level.keyword(), entry.title));
                    }
                }
                super::print(&format!("\n{} checks; `conformance explain ID` says more of one", entries.len()));
            }
        }
        ExitStatus::Success
    }
}
