//! Scopes: the syntax of RFC 6749 section 3.3, and nothing about their meaning.

/// The longest `scope` parameter read.
const LONGEST: usize = 4096;

/// The most scopes in one.
pub(crate) const MOST: usize = 100;

/// Whether `text` is one scope-token: printable ASCII without space, quote and backslash.
pub(crate) fn is_token(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| matches!(b, 0x21 | 0x23..=0x5b | 0x5d..=0x7e))
}

/// Reads a space-delimited list, keeping the first of equal scopes. `None`: the syntax is broken, or it is too much.
pub(crate) fn parse(text: &str) -> Option<Vec<String>> {
    if text.len() > LONGEST {
        return None;
    }
    let mut scopes: Vec<String> = Vec::new();
    for scope in text.split(' ').filter(|scope| !scope.is_empty()) {
        if !is_token(scope) {
            return None;
        }
        if !scopes.iter().any(|known| known == scope) {
            if scopes.len() == MOST {
                return None;
            }
            scopes.push(scope.to_owned());
        }
    }
    Some(scopes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scopes_are_tokens_between_spaces() {
        assert_eq!(parse("").unwrap(), Vec::<String>::new());
        assert_eq!(parse("a b:c a").unwrap(), ["a", "b:c"]);
        for broken in ["a\"b", "a\\b", "a\tb", "ä", "a\nb", &"x".repeat(5000)] {
            assert_eq!(parse(broken), None, "{broken:?}");
        }
    }

    #[test]
    fn a_list_has_an_end() {
        let many = |n: usize| (0..n).map(|n| format!("s{n}")).collect::<Vec<_>>().join(" ");

        assert_eq!(parse(&many(MOST)).unwrap().len(), MOST);
        assert_eq!(parse(&many(MOST + 1)), None);
        assert_eq!(parse(&"same ".repeat(MOST + 1)).unwrap(), ["same"]);
    }
}
