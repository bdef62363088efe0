//! Sets of scopes: what a token holds and what an operation needs.

use std::fmt;

use serde::{Serialize, Serializer};

/// Some scopes, each once, in the order in which they were named.
///
/// Compared whole and with regard to letter case (RFC 6749 section 3.3).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Scopes(Vec<String>);

impl Scopes {
    /// No scope at all.
    pub const fn none() -> Self {
        Self(Vec::new())
    }

    /// Reads a space-separated list, the form of the `scope` claim and of the challenge.
    pub fn parse(text: &str) -> Self {
        text.split(' ').filter(|scope| !scope.is_empty()).collect()
    }

    /// Whether exactly this scope is among them.
    pub fn contains(&self, scope: &str) -> bool {
        self.0.iter().any(|held| held == scope)
    }

    /// Whether all of `needed` are among them.
    pub fn contains_all(&self, needed: &Self) -> bool {
        needed.iter().all(|scope| self.contains(scope))
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The scopes, one by one.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }
}

impl<S: Into<String>> FromIterator<S> for Scopes {
    fn from_iter<I: IntoIterator<Item = S>>(scopes: I) -> Self {
        let mut all = Self::none();
        for scope in scopes {
            let scope = scope.into();
            if !all.contains(&scope) {
                all.0.push(scope);
            }
        }
        all
    }
}

/// The space-separated list.
impl fmt::Display for Scopes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.join(" "))
    }
}

impl Serialize for Scopes {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(&self.0)
    }
}

/// Whether `text` is a scope-token (RFC 6749 section 3.3): visible ASCII without `"` and `\`.
pub fn is_scope_token(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'"' && byte != b'\\')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scope_is_compared_whole_and_with_its_case() {
        let held = Scopes::parse("reports:read-all REPORTS:READ reports");
        assert!(!held.contains("reports:read"));
        assert!(held.contains("reports"));
    }

    #[test]
    fn order_and_doubled_spaces_do_not_matter() {
        let held = Scopes::parse("  b a  b ");
        assert!(held.contains_all(&Scopes::parse("a b")));
        assert_eq!(held.to_string(), "b a");
    }

    #[test]
    fn only_a_space_separates() {
        assert!(!Scopes::parse("a,b").contains("a"));
        assert!(!Scopes::parse("a\tb").contains("a"));
    }
}
