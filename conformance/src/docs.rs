//! The generated documentation: one page per check, and their index.

use std::fmt::Write as _;

use crate::catalogue;
use crate::check::{Check, Need};
use crate::checks;

/// Every generated file: its path below `docs/`, and its text.
pub fn pages() -> Vec<(String, String)> {
    let mut pages: Vec<_> = checks::ALL.iter().map(|c| (format!("checks/{}.md", c.meta().id), page(*c))).collect();
    pages.push(("checks/README.md".to_owned(), index()));
    pages
}

/// The page of a check: its own text, and what the catalogue says of its requirements.
pub fn page(check: &dyn Check) -> String {
    let meta = check.meta();
    let lines = check.lines().iter().map(|line| line.strip_prefix(' ').unwrap_or(line));
    let mut text = format!("# {}\n\n", meta.id);
    for line in lines {
        // The page's own headings go one level below its id.
        let line = line.strip_prefix("# ").map_or_else(|| line.to_owned(), |heading| format!("## {heading}"));
        let _ = writeln!(text, "{line}");
    }
    let needs: Vec<_> = meta.needs.iter().map(|n| n.name()).collect();
    let _ = writeln!(text, "\n## In the catalogue\n");
    let _ = writeln!(
        text,
        "Level {}, area {}, needs {}.\n",
        meta.level.keyword(),
        meta.area.name(),
        if needs.is_empty() { "nothing".to_owned() } else { needs.join(", ") }
    );
    for id in meta.requirements {
        if let Some(r) = catalogue::find(id) {
            let _ = writeln!(text, "- `{id}` ({}): {} [{} {}]({})", r.level, r.summary, r.source, r.section, r.url);
        }
    }
    text
}

fn index() -> String {
    let mut text = String::from(
        "# The checks\n\nGenerated from the checks themselves; `conformance explain ID` prints the same pages.\n",
    );
    let mut area = "";
    for check in checks::ALL.iter() {
        let meta = check.meta();
        if meta.area.name() != area {
            area = meta.area.name();
            let _ = write!(text, "\n## {area}\n\n| check | level | needs | statement |\n|---|---|---|---|\n");
        }
        let needs: Vec<_> = meta.needs.iter().map(|n: &Need| n.name()).collect();
        let _ = writeln!(
            text,
            "| [{0}]({0}.md) | {1} | {2} | {3} |",
            meta.id,
            meta.level.keyword(),
            needs.join(", "),
            check.title()
        );
    }
    text
}
