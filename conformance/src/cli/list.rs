//! `conformance list`: every check, or what the checks cover, for people or for programs.

use std::fmt::Write as _;

use clap::{Args, ValueEnum};
use serde::Serialize;

use super::fail;
use crate::check::{Area, Level, Need};
use crate::checks;
use crate::coverage::{Coverage, Totals};
use crate::exit_status::ExitStatus;

/// Lists every check.
#[derive(Debug, Args)]
pub(super) struct List {
    /// For people or for programs
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    format: ListFormat,
    /// List what the checks cover of the catalogue of requirements, by area and revision
    #[arg(long)]
    coverage: bool,
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
        if self.coverage {
            return self.coverage();
        }
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

    fn coverage(&self) -> ExitStatus {
        let coverage = Coverage::of_the_catalogue();
        match self.format {
            ListFormat::Json => match serde_json::to_string_pretty(&coverage) {
                Ok(text) => super::print(&text),
                Err(error) => return fail(ExitStatus::CouldNotTest, error),
            },
            ListFormat::Text => super::print(&told(&coverage)),
        }
        ExitStatus::Success
    }
}

/// The coverage for people.
fn told(coverage: &Coverage) -> String {
    let mut text = String::new();
    for (title, rows) in [("by area", &coverage.areas), ("by revision", &coverage.revisions)] {
        let _ = writeln!(text, "{title}");
        let width = rows.keys().map(|name| name.len()).max().unwrap_or_default();
        for (name, totals) in rows {
            let _ = writeln!(text, "  {name:<width$}  {}", counted(*totals));
        }
        text.push('\n');
    }
    if coverage.total.excluded > 0 {
        text.push_str("excluded\n");
        for (entry, reason) in coverage.excluded() {
            let _ = writeln!(text, "  {} ({}): {reason}", entry.id, entry.level);
        }
        text.push('\n');
    }
    if coverage.total.missing > 0 {
        text.push_str("without a check\n");
        for entry in coverage.missing() {
            let _ = writeln!(text, "  {} ({}): {}", entry.id, entry.level, entry.requirement.summary);
        }
        text.push('\n');
    }
    let _ = write!(text, "of the requirements of a protected server, {}", counted(coverage.total));
    text
}

fn counted(totals: Totals) -> String {
    let Totals { counted, covered, excluded, missing } = totals;
    let mut text = format!("{covered} of {counted} covered");
    for (number, what) in [(excluded, "excluded"), (missing, "without a check")] {
        if number > 0 {
            let _ = write!(text, ", {number} {what}");
        }
    }
    text
}
