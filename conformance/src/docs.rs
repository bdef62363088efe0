//! The generated documentation: one page per check, their index, what they cover, and the schema of the JSON report.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use crate::catalogue;
use crate::check::{AnyCheck, Need};
use crate::checks;
use crate::coverage::{Coverage, Entry, Totals};
use crate::report;

/// Every generated file: its path below `docs/`, and its text.
pub fn pages() -> Vec<(String, String)> {
    let mut pages: Vec<_> = checks::ALL.iter().map(|c| (format!("checks/{}.md", c.meta().id), page(*c))).collect();
    pages.push(("checks/README.md".to_owned(), index()));
    pages.push(("coverage.md".to_owned(), coverage()));
    pages.push(("report.schema.json".to_owned(), report::schema()));
    pages.push(("conformance.schema.json".to_owned(), configuration_schema()));
    pages
}

/// The JSON schema of `conformance.toml`, for editors.
fn configuration_schema() -> String {
    let schema = schemars::schema_for!(crate::cli::Settings);
    serde_json::to_string_pretty(&schema).unwrap_or_default() + "\n"
}

/// The page of a check: its own text, and what the catalogue says of its requirements.
pub fn page(check: &dyn AnyCheck) -> String {
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

/// Which requirements of a server have a check, which are excluded, and which have none yet.
fn coverage() -> String {
    let coverage = Coverage::of_the_catalogue();
    let Totals { counted, covered, excluded, missing } = coverage.total;
    let mut text = format!(
        "# What the checks cover\n\n\
         Generated; `conformance list --coverage` prints the same. Of the {counted} requirements of a protected server that are\n\
         testable and not optional, {covered} have a check, {excluded} are excluded for a reason, and {missing} have neither.\n\
         `requirements/README.md` says how they are counted, and a test that each such check catches a server that\n\
         breaks the requirement.\n"
    );
    for (title, name, rows) in [("By area", "area", &coverage.areas), ("By revision", "revision", &coverage.revisions)]
    {
        let _ = write!(
            text,
            "\n## {title}\n\n| {name} | requirements | covered | excluded | without a check |\n|---|---|---|---|---|\n"
        );
        for (row, Totals { counted, covered, excluded, missing }) in rows {
            let _ = writeln!(text, "| {row} | {counted} | {covered} | {excluded} | {missing} |");
        }
    }
    text.push_str("\n## By section\n");
    let mut by_source: BTreeMap<&str, Vec<&Entry>> = BTreeMap::new();
    for entry in &coverage.requirements {
        by_source.entry(&entry.requirement.source).or_default().push(entry);
    }
    for (source, mut entries) in by_source {
        entries.sort_by_key(|entry| (in_order(&entry.requirement.section), entry.id));
        let _ = write!(
            text,
            "\n### {source}\n\n| section | area | requirement | level | checks |\n|---|---|---|---|---|\n"
        );
        for entry in entries {
            let links: Vec<_> = entry.checks.iter().map(|id| format!("[{id}](checks/{id}.md)")).collect();
            let checks = match (links.is_empty(), entry.excluded) {
                (false, _) => links.join(", "),
                (true, Some(_)) => "excluded".to_owned(),
                (true, None) => "none yet".to_owned(),
            };
            let section = entry.requirement.section.replace('|', "\\|");
            let _ = writeln!(
                text,
                "| [{section}]({}) | {} | `{}` | {} | {checks} |",
                entry.requirement.url, entry.area, entry.id, entry.level
            );
        }
    }
    if excluded > 0 {
        text.push_str("\n## Excluded\n\n");
    }
    for (entry, reason) in coverage.excluded() {
        let _ = writeln!(text, "- `{}` ({}): {} {reason}", entry.id, entry.level, entry.requirement.summary);
    }
    if missing > 0 {
        text.push_str("\n## Without a check\n\n");
    }
    for entry in coverage.missing() {
        let _ = writeln!(text, "- `{}` ({}): {}", entry.id, entry.level, entry.requirement.summary);
    }
    text
}

/// A section's place: its numbers count as numbers, so that 5.10 comes after 5.2.
fn in_order(section: &str) -> Vec<(u32, &str)> {
    section.split(['.', ' ']).map(|part| (part.parse().unwrap_or(u32::MAX), part)).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::path::Path;

    use super::*;

    #[test]
    fn the_committed_pages_are_the_generated_ones() {
        let docs = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs");
        let pages = pages();
        for (name, text) in &pages {
            let committed = std::fs::read_to_string(docs.join(name)).unwrap_or_default();
            assert!(
                committed == *text,
                "{name} differs; write it with: cargo run -p conformance -- docs conformance/docs"
            );
        }
        let generated: BTreeSet<_> = pages.iter().map(|(name, _)| docs.join(name)).collect();
        for entry in std::fs::read_dir(docs.join("checks")).unwrap() {
            let path = entry.unwrap().path();
            assert!(generated.contains(&path), "{} is the page of no check; remove it", path.display());
        }
    }
}
