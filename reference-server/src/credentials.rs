//! What a request presented: the `Authorization` field, and nothing else.
//!
//! A token in the query, a cookie or the body is no credential here (OAuth 2.1 section 5.1).

use http::{HeaderMap, header::AUTHORIZATION};

/// What the `Authorization` field holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Presented<'a> {
    /// No field, or one of a scheme that is not ours.
    Nothing,
    /// A well-formed bearer token, of which nothing else is known.
    Bearer(&'a str),
    /// The Bearer scheme without a token that could be one, or several fields.
    Malformed,
}

/// Reads the field of one request.
pub fn presented(headers: &HeaderMap) -> Presented<'_> {
    let mut fields = headers.get_all(AUTHORIZATION).iter();
    let Some(field) = fields.next() else {
        return Presented::Nothing;
    };
    if fields.next().is_some() {
        return Presented::Malformed;
    }
    let Ok(field) = field.to_str() else {
        return Presented::Malformed;
    };
    let (scheme, rest) = field.split_once(' ').unwrap_or((field, ""));
    // RFC 9110 section 11.1: scheme names are compared without regard to letter case.
    if !scheme.eq_ignore_ascii_case("Bearer") {
        return Presented::Nothing;
    }
    let token = rest.trim_matches(' ');
    if is_b64token(token) { Presented::Bearer(token) } else { Presented::Malformed }
}

/// RFC 6750 section 2.1: `1*( ALPHA / DIGIT / "-" / "." / "_" / "~" / "+" / "/" ) *"="`.
fn is_b64token(text: &str) -> bool {
    let characters = text.trim_end_matches('=');
    !characters.is_empty() && characters.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._~+/".contains(&byte))
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;

    fn with(fields: &[&[u8]]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for field in fields {
            headers.append(AUTHORIZATION, HeaderValue::from_bytes(field).unwrap());
        }
        headers
    }

    #[test]
    fn the_scheme_is_matched_in_any_letter_case() {
        for scheme in ["Bearer", "bearer", "BEARER", "bEaReR"] {
            let headers = with(&[format!("{scheme} a.b.c").as_bytes()]);
            assert_eq!(presented(&headers), Presented::Bearer("a.b.c"));
        }
    }

    #[test]
    fn another_scheme_presents_nothing() {
        for field in [&b"Basic YTpi"[..], b"a.b.c", b"BearerX a", b"", b"DPoP a.b.c"] {
            assert_eq!(presented(&with(&[field])), Presented::Nothing, "{field:?}");
        }
        assert_eq!(presented(&HeaderMap::new()), Presented::Nothing);
    }

    #[test]
    fn a_bearer_field_that_holds_no_token_is_malformed() {
        for field in [
            &b"Bearer"[..],
            b"Bearer ",
            b"Bearer a b",
            b"Bearer a, Bearer b",
            b"Bearer \"a\"",
            b"Bearer ===",
            b"Bearer a=b",
            b"Bearer \xc3\xa4",
            b"Bearer\ta",
        ] {
            assert!(!matches!(presented(&with(&[field])), Presented::Bearer(_)), "{field:?}");
        }
        assert_eq!(presented(&with(&[b"Bearer a b"])), Presented::Malformed);
        assert_eq!(presented(&with(&[b"Bearer"])), Presented::Malformed);
    }

    #[test]
    fn two_fields_are_malformed_whatever_they_hold() {
        assert_eq!(presented(&with(&[b"Bearer a", b"Bearer a"])), Presented::Malformed);
        assert_eq!(presented(&with(&[b"Basic a", b"Bearer a"])), Presented::Malformed);
    }
}
