//! The registry: every check, in the order in which reports list them.

/// Declares an area's checks, a line each: the file, and the check in it.
macro_rules! checks {
    ($($file:ident::$check:ident),+ $(,)?) => {
        $(pub mod $file;)+

        /// The area's checks, in the order in which reports list them.
        pub const CHECKS: &[&'static dyn $crate::check::AnyCheck] = &[$(&$file::$check),+];
    };
}

pub mod audience;
pub mod audit;
pub mod challenge;
pub mod delegation;
pub mod discovery;
pub mod dpop;
pub mod inputs;
pub mod issuer;
pub mod keys;
pub mod scopes;
pub mod security;
pub mod token_validation;
pub mod transport;

use std::sync::LazyLock;

use crate::check::AnyCheck;
use crate::text::{nearest, quoted};

/// Every check. A new one is a file in its area and a line in the area's list.
pub static ALL: LazyLock<Vec<&'static dyn AnyCheck>> = LazyLock::new(|| AREAS.concat());

/// The areas, in the order in which reports list them.
const AREAS: &[&[&'static dyn AnyCheck]] = &[
    discovery::CHECKS,
    token_validation::CHECKS,
    issuer::CHECKS,
    audience::CHECKS,
    dpop::CHECKS,
    challenge::CHECKS,
    scopes::CHECKS,
    keys::CHECKS,
    transport::CHECKS,
    security::CHECKS,
    delegation::CHECKS,
    inputs::CHECKS,
    audit::CHECKS,
];

/// The check with this id.
pub fn find(id: &str) -> Option<&'static dyn AnyCheck> {
    ALL.iter().find(|c| c.meta().id == id).copied()
}

/// Ids of checks whose failure explains a failure of this one.
pub fn causes(id: &str) -> &'static [&'static str] {
    find(id).map_or(&[], |c| c.meta().follows_from)
}

/// What to say to someone who named no check of ours.
pub fn unknown(id: &str) -> String {
    let sought = id.to_ascii_lowercase();
    let of_requirement: Vec<_> =
        ALL.iter().map(|c| c.meta()).filter(|m| m.requirements.contains(&sought.as_str())).map(|m| m.id).collect();
    let suggestion = match nearest(&sought, ALL.iter().map(|c| c.meta().id)) {
        _ if !of_requirement.is_empty() => format!(", but a requirement; its checks are {}", of_requirement.join(", ")),
        Some(near) => format!("; did you mean {near}?"),
        None => String::new(),
    };
    format!("there is no check {}{suggestion} (`conformance list` names them all)", quoted(id))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::catalogue;
    use crate::check::Level;
    use crate::mcp::Revision;

    #[test]
    fn ids_are_unique_and_kebab_case() {
        let mut seen = BTreeSet::new();
        for check in ALL.iter() {
            let id = check.meta().id;
            assert!(seen.insert(id), "{id} stands twice");
            assert!(id.starts_with(|c: char| c.is_ascii_lowercase()), "{id}");
            assert!(id.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-'), "{id}");
        }
    }

    #[test]
    fn every_page_has_a_title_and_the_four_sections() {
        for check in ALL.iter() {
            let id = check.meta().id;
            assert!(
                !check.title().is_empty() && !check.title().ends_with('.'),
                "{id}: the title is a sentence without its full stop"
            );
            for heading in ["What it checks", "Why it matters", "How to fix it", "Reference"] {
                assert!(!check.section(heading).is_empty(), "{id} lacks the section {heading}");
            }
        }
    }

    #[test]
    fn every_requirement_is_in_the_catalogue_and_a_check_weighs_no_more_than_it() {
        for check in ALL.iter() {
            let meta = check.meta();
            assert!(!meta.requirements.is_empty(), "{} names no requirement", meta.id);
            for id in meta.requirements {
                let requirement =
                    catalogue::find(id).unwrap_or_else(|| panic!("{}: {id} is not in the catalogue", meta.id));
                assert!(!requirement.probe.starts_with("not-testable"), "{}: {id} is not testable", meta.id);
                let at_most = match requirement.level.as_str() {
                    "MUST" | "MUST NOT" => Level::Must,
                    "SHOULD" | "SHOULD NOT" => Level::Should,
                    "MAY" => Level::May,
                    other => panic!("{id} has the level {other}"),
                };
                assert!(meta.level >= at_most, "{} is {:?}, but {id} only {at_most:?}", meta.id, meta.level);
            }
        }
    }

    #[test]
    fn a_check_is_run_only_where_its_requirements_hold_and_somewhere() {
        for check in ALL.iter() {
            let meta = check.meta();
            let run_in: Vec<_> = Revision::ALL.into_iter().filter(|revision| meta.applies_in(*revision)).collect();
            assert!(!run_in.is_empty(), "{} is run in no revision", meta.id);
            for id in meta.requirements {
                let applies = &catalogue::find(id).unwrap().applies;
                let beyond = run_in.iter().find(|revision| !applies.iter().any(|date| date == revision.name()));
                assert_eq!(beyond, None, "{} is run where {id} does not hold", meta.id);
            }
        }
    }

    #[test]
    fn causes_are_checks_that_come_before_their_effects() {
        for (at, check) in ALL.iter().enumerate() {
            for cause in check.meta().follows_from {
                let place = ALL.iter().position(|c| c.meta().id == *cause);
                assert!(place.is_some_and(|p| p < at), "{} follows from {cause}", check.meta().id);
            }
        }
    }

    #[test]
    fn an_unknown_id_is_answered_with_the_nearest() {
        assert!(unknown("garbage-tokn").contains("did you mean garbage-token?"));
        assert!(unknown("AUDIENCE-OTHER").contains("did you mean audience-other?"));
        assert!(unknown("rfc7519-4.1.5-nbf").contains("its checks are not-yet-valid-token"));
        assert!(!unknown("qqq").contains("did you mean"));
    }
}
