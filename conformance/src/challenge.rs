//! The suite's own reading of `WWW-Authenticate` (RFC 9110 section 11.6.1), as strict as the grammar.

use std::collections::BTreeSet;

/// One challenge: its scheme and what follows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Challenge {
    /// The scheme as sent.
    pub scheme: String,
    /// Parameters in order; names in lower case, values unquoted.
    pub params: Vec<(String, String)>,
    /// The token68 form that some schemes use instead of parameters.
    pub token68: Option<String>,
}

impl Challenge {
    /// Whether the scheme is `name`, letter case aside (RFC 9110 section 11.1).
    pub fn is(&self, name: &str) -> bool {
        self.scheme.eq_ignore_ascii_case(name)
    }

    /// The first parameter with this (lower-case) name.
    pub fn param(&self, name: &str) -> Option<&str> {
        self.params.iter().find(|(n, _)| n == name).map(|(_, v)| v.as_str())
    }

    /// A parameter name that occurs more than once, if any.
    pub fn repeated_param(&self) -> Option<&str> {
        let mut seen = BTreeSet::new();
        self.params.iter().map(|(name, _)| name.as_str()).find(|name| !seen.insert(*name))
    }
}

/// Why a field value is no list of challenges.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{problem} at byte {at}")]
pub struct ParseError {
    problem: &'static str,
    at: usize,
}

/// Reads one field value: a comma-separated list of challenges, empty elements allowed.
///
/// # Errors
/// [`ParseError`] where the value does not follow the grammar.
pub fn parse(value: &str) -> Result<Vec<Challenge>, ParseError> {
    Parser { text: value.as_bytes(), at: 0 }.challenges()
}

struct Parser<'a> {
    text: &'a [u8],
    at: usize,
}

impl Parser<'_> {
    fn challenges(mut self) -> Result<Vec<Challenge>, ParseError> {
        let mut all: Vec<Challenge> = Vec::new();
        loop {
            self.skip_list_separators();
            if self.peek().is_none() {
                return Ok(all);
            }
            let name = self.token()?;
            // After a comma, `name=` goes on with the challenge before it and `name ` begins another.
            let before_space = self.at;
            self.skip_space();
            if self.peek() == Some(b'=') && !self.text[self.at..].starts_with(b"==") {
                let Some(current) = all.last_mut() else {
                    return Err(error_at("a parameter before any scheme", before_space));
                };
                if current.token68.is_some() {
                    return Err(error_at("a parameter beside a token68 value", before_space));
                }
                let value = self.param_value()?;
                current.params.push((name.to_ascii_lowercase(), value));
                self.end_of_element()?;
                continue;
            }
            let mut challenge = Challenge { scheme: name, params: Vec::new(), token68: None };
            match self.peek() {
                None | Some(b',') => {}
                Some(_) if self.at == before_space => return Err(self.error("an unexpected character in the scheme")),
                Some(_) => self.first_param_or_token68(&mut challenge)?,
            }
            all.push(challenge);
        }
    }

    fn first_param_or_token68(&mut self, challenge: &mut Challenge) -> Result<(), ParseError> {
        let start = self.at;
        if let Ok(name) = self.token() {
            self.skip_space();
            if self.peek() == Some(b'=') {
                let after = self.text[self.at..].iter().find(|b| **b != b'=' && !is_space(**b));
                // `abc=` or `abc==` at the end of an element is padding of a token68, not an empty parameter.
                if !matches!(after, None | Some(b',')) {
                    let value = self.param_value()?;
                    challenge.params.push((name.to_ascii_lowercase(), value));
                    return self.end_of_element();
                }
            }
        }
        self.at = start;
        challenge.token68 = Some(self.token68()?);
        self.end_of_element()
    }

    fn param_value(&mut self) -> Result<String, ParseError> {
        self.at += 1; // the '='
        self.skip_space();
        if self.peek() == Some(b'"') { self.quoted_string() } else { self.token() }
    }

    fn quoted_string(&mut self) -> Result<String, ParseError> {
        self.at += 1;
        let mut value = Vec::new();
        loop {
            match self.peek() {
                None => return Err(self.error("an unbalanced quote")),
                Some(b'"') => {
                    self.at += 1;
                    return Ok(String::from_utf8_lossy(&value).into_owned());
                }
                Some(b'\\') => {
                    self.at += 1;
                    let Some(escaped) = self.peek() else { return Err(self.error("an unbalanced quote")) };
                    if !is_text_byte(escaped) {
                        return Err(self.error("a control character in a quoted string"));
                    }
                    value.push(escaped);
                    self.at += 1;
                }
                Some(b) if is_text_byte(b) => {
                    value.push(b);
                    self.at += 1;
                }
                Some(_) => return Err(self.error("a control character in a quoted string")),
            }
        }
    }

    fn token(&mut self) -> Result<String, ParseError> {
        self.take_while(is_token_byte, "a character that needs quotes, or a missing name")
    }

    fn token68(&mut self) -> Result<String, ParseError> {
        let is_token68 = |b: u8| b.is_ascii_alphanumeric() || b"-._~+/=".contains(&b);
        self.take_while(is_token68, "neither a parameter nor a token68 value")
    }

    fn take_while(&mut self, accept: impl Fn(u8) -> bool, problem: &'static str) -> Result<String, ParseError> {
        let rest = &self.text[self.at..];
        let length = rest.iter().take_while(|b| accept(**b)).count();
        if length == 0 {
            return Err(self.error(problem));
        }
        self.at += length;
        Ok(String::from_utf8_lossy(&rest[..length]).into_owned())
    }

    fn end_of_element(&mut self) -> Result<(), ParseError> {
        self.skip_space();
        match self.peek() {
            None | Some(b',') => Ok(()),
            Some(_) => Err(self.error("a missing comma or an unquoted value")),
        }
    }

    fn skip_space(&mut self) {
        while self.peek().is_some_and(is_space) {
            self.at += 1;
        }
    }

    fn skip_list_separators(&mut self) {
        while self.peek().is_some_and(|b| is_space(b) || b == b',') {
            self.at += 1;
        }
    }

    fn peek(&self) -> Option<u8> {
        self.text.get(self.at).copied()
    }

    fn error(&self, problem: &'static str) -> ParseError {
        error_at(problem, self.at)
    }
}

fn error_at(problem: &'static str, at: usize) -> ParseError {
    ParseError { problem, at }
}

fn is_space(b: u8) -> bool {
    b == b' ' || b == b'\t'
}

/// What may stand in a quoted string, escaped or not (RFC 9110 section 5.6.4).
fn is_text_byte(b: u8) -> bool {
    b == b'\t' || b >= b' ' && b != 0x7f
}

/// A byte of `scope-token` (RFC 6749 section 3.3).
pub fn is_scope_byte(byte: u8) -> bool {
    byte.is_ascii_graphic() && byte != b'"' && byte != b'\\'
}

/// `tchar` of RFC 9110 section 5.6.2.
fn is_token_byte(b: u8) -> bool {
    b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&b)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::any_input;
    use crate::mangled::mangled;

    const SEEDS: &[&str] = &[
        include_str!("../fuzz/seeds/challenge/1"),
        include_str!("../fuzz/seeds/challenge/2"),
        include_str!("../fuzz/seeds/challenge/3"),
    ];

    fn one(value: &str) -> Challenge {
        let all = parse(value).unwrap();
        assert_eq!(all.len(), 1, "{all:?}");
        all.into_iter().next().unwrap()
    }

    #[test]
    fn parameters_are_read_in_every_legal_form() {
        let c = one("bEARER Realm=x , scope = \"a b\",error_description=\"say \\\"hi\\\"\"");
        assert!(c.is("Bearer"));
        assert_eq!(c.param("realm"), Some("x"));
        assert_eq!(c.param("scope"), Some("a b"));
        assert_eq!(c.param("error_description"), Some("say \"hi\""));
    }

    #[test]
    fn several_challenges_empty_elements_and_token68_are_legal() {
        let all = parse(", Negotiate YII=,,Basic realm=\"x, y\", Bearer, DPoP algs=\"ES256\"").unwrap();
        let schemes: Vec<_> = all.iter().map(|c| c.scheme.as_str()).collect();
        assert_eq!(schemes, ["Negotiate", "Basic", "Bearer", "DPoP"]);
        assert_eq!(all[0].token68.as_deref(), Some("YII="));
        assert_eq!(all[1].param("realm"), Some("x, y"));
        assert!(all[2].params.is_empty());
    }

    #[test]
    fn what_the_grammar_forbids_is_an_error() {
        for bad in [
            "Bearer resource_metadata=http://h/.well-known",
            "Bearer scope=\"a",
            "Bearer realm=\"a\" scope=\"b\"",
            "realm=\"a\"",
            "Bearer a=\"b\"c",
            "Bearer a=\"b\\\u{7}\"",
            "Bea rer=x y=z",
        ] {
            assert!(parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_repeated_parameter_is_seen_letter_case_aside() {
        assert_eq!(one("Bearer error=\"a\", Error=\"b\"").repeated_param(), Some("error"));
    }

    #[test]
    fn a_scope_token_has_neither_space_nor_quote() {
        assert!("files:read,write!~#[]^".bytes().all(is_scope_byte));
        for bad in ["a b", "a\"b", "a\\b", "a\tb", "é", "a\u{7f}"] {
            assert!(!bad.bytes().all(is_scope_byte), "{bad:?}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in ".{0,200}") {
            let _ = parse(&text);
        }

        #[test]
        fn what_is_read_is_written_and_read_again(bytes in mangled(SEEDS)) {
            any_input::challenge(&bytes);
        }

        #[test]
        fn what_we_write_we_read(value in "[ -~]{0,40}") {
            let quoted = value.replace('\\', "\\\\").replace('"', "\\\"");
            let challenge = one(&format!("Bearer x=\"{quoted}\""));
            prop_assert_eq!(challenge.param("x"), Some(value.as_str()));
        }
    }
}
