//! The catalogue of requirements, as data: what the specifications ask, each sentence with an id.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;

use crate::mcp::Revision;

/// The catalogue's file, part of the program.
const TEXT: &str = include_str!("../requirements/catalogue.toml");

/// What has no check, and why.
const EXCLUSIONS: &str = include_str!("../requirements/exclusions.toml");

/// One statement of a specification; see `requirements/README.md` for the columns.
#[derive(Debug, Deserialize)]
pub struct Requirement {
    /// Stable slug.
    pub id: String,
    /// Who must comply: `server`, `zone` or `client`.
    pub party: String,
    /// RFC 2119 keyword, as it binds the party under MCP.
    pub level: String,
    /// The document it is written in.
    pub source: String,
    /// Where in the document.
    pub section: String,
    /// Link to the section.
    pub url: String,
    /// Revisions of MCP for which it holds.
    pub applies: Vec<String>,
    /// The topic.
    pub area: String,
    /// The requirement in one sentence.
    pub summary: String,
    /// How to test it, or `not-testable: …`.
    pub probe: String,
    /// Whether no MCP revision's core text brings it in.
    pub optional: bool,
}

impl Requirement {
    /// Whether it holds in this revision of MCP.
    pub fn holds_in(&self, revision: Revision) -> bool {
        self.applies.iter().any(|date| date == revision.name())
    }

    /// Whether it counts towards the headline coverage of servers.
    pub fn counts_for_server(&self) -> bool {
        self.party == "server" && !self.optional && !self.probe.starts_with("not-testable")
    }
}

/// A requirement that counts, and why it has no check.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Exclusion {
    /// The requirement's id.
    pub id: String,
    /// What makes a sound verdict impossible.
    pub reason: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Exclusions {
    #[serde(default)]
    exclusion: Vec<Exclusion>,
}

static EXCLUDED: LazyLock<Vec<Exclusion>> = LazyLock::new(|| {
    // The text is compiled in, and a test of `coverage` parses it.
    let file: Exclusions = toml::from_str(EXCLUSIONS).expect("the exclusions that are compiled in are valid TOML");
    file.exclusion
});

#[derive(Deserialize)]
struct File {
    requirement: Vec<Requirement>,
}

static ALL: LazyLock<BTreeMap<String, Requirement>> = LazyLock::new(|| {
    // The text is compiled in, and a test below parses it.
    let file: File = toml::from_str(TEXT).expect("the catalogue that is compiled in is valid TOML");
    file.requirement.into_iter().map(|r| (r.id.clone(), r)).collect()
});

/// Every requirement, by id.
pub fn all() -> &'static BTreeMap<String, Requirement> {
    &ALL
}

/// The requirements that count and have no check, for a reason.
pub fn exclusions() -> &'static [Exclusion] {
    &EXCLUDED
}

/// The requirement with this id.
pub fn find(id: &str) -> Option<&'static Requirement> {
    ALL.get(id)
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_catalogue_parses_and_its_headline_denominator_is_what_its_readme_says() {
        let counted = super::all().values().filter(|r| r.counts_for_server()).count();
        let readme = include_str!("../requirements/README.md");
        assert!(readme.contains(&format!("The denominator is {counted}.")), "{counted}");
    }
}
