//! The generated documentation: one page per check, their index, what they cover, and the schema of the JSON report.

use std::fmt::Write as _;

use crate::catalogue::{self, Requirement};
use crate::check::{Check, Need};
use crate::checks;
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

/// Which requirements of a server have a check, and which have none yet.
fn coverage() -> String {
    let counted: Vec<_> = catalogue::all().values().filter(|r| r.counts_for_server()).collect();
    let of = |id: &str| -> Vec<&str> {
        checks::ALL.iter().map(|c| c.meta()).filter(|m| m.requirements.contains(&id)).map(|m| m.id).collect()
    };
    let (with, without): (Vec<&Requirement>, Vec<&Requirement>) =
        counted.iter().copied().partition(|r| !of(&r.id).is_empty());
    let mut text = format!(
        "# What the checks cover\n\n\
         Generated. {} of the {} requirements of a protected server that are testable and not optional have a check;\n\
         `requirements/README.md` says how they are counted, and a test that each such check catches a server that\n\
         breaks the requirement.\n\n\
         | requirement | level | checks |\n|---|---|---|\n",
        with.len(),
        counted.len()
    );
    for requirement in &with {
        let links: Vec<_> = of(&requirement.id).iter().map(|id| format!("[{id}](checks/{id}.md)")).collect();
        let _ = writeln!(text, "| `{}` | {} | {} |", requirement.id, requirement.level, links.join(", "));
    }
    text.push_str("\n## Without a check\n\n");
    for requirement in &without {
        let _ = writeln!(text, "- `{}` ({}): {}", requirement.id, requirement.level, requirement.summary);
    }
    text
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
