//! What of the catalogue is covered: each requirement that counts for a server, with its checks, its exclusion, or neither.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use crate::catalogue::{self, Requirement};
use crate::checks;

/// Most requirements that may be excluded.
pub const EXCLUDED_AT_MOST: usize = 15;

/// One requirement that counts, and what there is for it.
#[derive(Debug, Serialize)]
pub struct Entry {
    /// The requirement's id.
    pub id: &'static str,
    /// RFC 2119 keyword.
    pub level: &'static str,
    /// The topic, in the catalogue's words.
    pub area: &'static str,
    /// The revisions of MCP for which it holds.
    pub revisions: &'static [String],
    /// The checks that name it. That one of them catches a server which breaks it is what the matrix of faults proves.
    pub checks: Vec<&'static str>,
    /// Why it has none.
    pub excluded: Option<&'static str>,
    /// The requirement itself.
    #[serde(skip)]
    pub requirement: &'static Requirement,
}

impl Entry {
    /// Whether nothing is known of it yet.
    pub fn is_missing(&self) -> bool {
        self.checks.is_empty() && self.excluded.is_none()
    }
}

/// How many there are.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Totals {
    /// Requirements that count.
    pub counted: usize,
    /// Those that a check names.
    pub covered: usize,
    /// Those that have none, for a reason.
    pub excluded: usize,
    /// The rest.
    pub missing: usize,
}

impl Totals {
    fn of<'a>(entries: impl Iterator<Item = &'a Entry>) -> Self {
        let mut totals = Self::default();
        for entry in entries {
            totals.counted += 1;
            totals.covered += usize::from(!entry.checks.is_empty());
            totals.excluded += usize::from(entry.checks.is_empty() && entry.excluded.is_some());
            totals.missing += usize::from(entry.is_missing());
        }
        totals
    }
}

/// The whole.
#[derive(Debug, Serialize)]
pub struct Coverage {
    /// All that counts.
    pub total: Totals,
    /// The same by topic.
    pub areas: BTreeMap<&'static str, Totals>,
    /// The same by revision of MCP.
    pub revisions: BTreeMap<&'static str, Totals>,
    /// Every requirement that counts, by id.
    pub requirements: Vec<Entry>,
}

impl Coverage {
    /// What there is at present.
    pub fn of_the_catalogue() -> Self {
        let counted = catalogue::all().values().filter(|requirement| requirement.counts_for_server());
        let requirements: Vec<Entry> = counted.map(entry).collect();
        let areas: BTreeSet<&str> = requirements.iter().map(|entry| entry.area).collect();
        let revisions: BTreeSet<&str> =
            requirements.iter().flat_map(|entry| entry.revisions).map(String::as_str).collect();
        let of_area = |area| Totals::of(requirements.iter().filter(|entry| entry.area == area));
        let of_revision = |revision: &str| {
            Totals::of(requirements.iter().filter(|entry| entry.revisions.iter().any(|r| r == revision)))
        };
        Self {
            total: Totals::of(requirements.iter()),
            areas: areas.into_iter().map(|area| (area, of_area(area))).collect(),
            revisions: revisions.into_iter().map(|revision| (revision, of_revision(revision))).collect(),
            requirements,
        }
    }

    /// Those that are excluded.
    pub fn excluded(&self) -> impl Iterator<Item = (&Entry, &'static str)> {
        self.requirements.iter().filter_map(|entry| Some((entry, entry.excluded?)))
    }

    /// Those that have neither a check nor an exclusion.
    pub fn missing(&self) -> impl Iterator<Item = &Entry> {
        self.requirements.iter().filter(|entry| entry.is_missing())
    }
}

fn entry(requirement: &'static Requirement) -> Entry {
    let id = requirement.id.as_str();
    let naming = checks::ALL.iter().map(|check| check.meta()).filter(|meta| meta.requirements.contains(&id));
    Entry {
        id,
        level: &requirement.level,
        area: &requirement.area,
        revisions: &requirement.applies,
        checks: naming.map(|meta| meta.id).collect(),
        excluded: catalogue::exclusions().iter().find(|e| e.id == id).map(|e| e.reason.as_str()),
        requirement,
    }
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;

    use super::*;

    #[test]
    fn what_is_excluded_counts_has_a_reason_and_no_check() {
        let excluded = catalogue::exclusions();
        assert!(excluded.len() <= EXCLUDED_AT_MOST, "{} are excluded, more than {EXCLUDED_AT_MOST}", excluded.len());
        let coverage = Coverage::of_the_catalogue();
        let mut seen = BTreeSet::new();
        for exclusion in excluded {
            let entry = coverage.requirements.iter().find(|entry| entry.id == exclusion.id);
            let entry = entry.unwrap_or_else(|| panic!("{} does not count, and needs no exclusion", exclusion.id));
            assert!(entry.checks.is_empty(), "{} is excluded, and {:?} name it", entry.id, entry.checks);
            assert!(exclusion.reason.split_whitespace().count() >= 5, "{}: that is no reason", exclusion.id);
            assert!(seen.insert(&exclusion.id), "{} stands twice", exclusion.id);
        }
    }

    /// Empty once all is built: a requirement that counts then has a check or an exclusion.
    #[test]
    fn what_has_neither_a_check_nor_an_exclusion_is_listed() {
        let mut text = String::new();
        for entry in Coverage::of_the_catalogue().missing() {
            let _ = writeln!(text, "{}", entry.id);
        }
        insta::assert_snapshot!("missing", text);
    }

    #[test]
    fn the_totals_add_up() {
        let Coverage { total, areas, .. } = Coverage::of_the_catalogue();
        assert_eq!(total.counted, total.covered + total.excluded + total.missing);
        assert_eq!(total.counted, areas.values().map(|totals| totals.counted).sum::<usize>());
    }
}
