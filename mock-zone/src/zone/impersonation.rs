//! A token for a user who is not there, in whose place an application names them.
//!
//! Known of the real zone: the form of the subject token, that it is refused unless a policy permits it, that the user must
//! have granted access, and that who provides the resource does not matter. Our choice, until there are policies: the
//! application's own `impersonation` permits it.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64URL;
use serde_json::{Map, Value};

/// `subject_token_type` of a user whom an application names.
pub(super) const SUBSTITUTE_USER: &str = "urn:keycard:params:oauth:token-type:substitute-user";

/// The longest token read.
const LONGEST: usize = 16 * 1024;

/// Whom an unsigned substitute-user token names, if it is one.
pub(super) fn named_user(token: &str) -> Option<String> {
    let mut segments = token.split('.');
    let (header, claims) = (segments.next()?, segments.next()?);
    let is_unsigned = segments.next() == Some("") && segments.next().is_none();
    if token.len() > LONGEST || !is_unsigned {
        return None;
    }
    let header = object(header)?;
    let is_typed = header.get("typ")? == "vnd.kc.su+jwt" && header.get("alg")? == "none";
    let claims = object(claims)?;
    let sub = claims.get("sub")?.as_str().filter(|sub| is_typed && !sub.is_empty())?;
    Some(sub.to_owned())
}

fn object(segment: &str) -> Option<Map<String, Value>> {
    serde_json::from_slice(&BASE64URL.decode(segment).ok()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token(header: &str, claims: &str, rest: &str) -> String {
        format!("{}.{}{rest}", BASE64URL.encode(header), BASE64URL.encode(claims))
    }

    const HEADER: &str = r#"{"typ":"vnd.kc.su+jwt","alg":"none"}"#;

    #[test]
    fn an_unsigned_token_names_a_user() {
        assert_eq!(named_user(&token(HEADER, r#"{"sub":"alice"}"#, ".")).as_deref(), Some("alice"));
    }

    #[test]
    fn anything_else_names_nobody() {
        let signed = r#"{"typ":"vnd.kc.su+jwt","alg":"RS256"}"#;
        for (header, claims, rest) in [
            (HEADER, r#"{"sub":"alice"}"#, ""),
            (HEADER, r#"{"sub":"alice"}"#, ".c2ln"),
            (HEADER, r#"{"sub":"alice"}"#, ".."),
            (HEADER, r#"{"sub":""}"#, "."),
            (HEADER, r#"{"sub":1}"#, "."),
            (HEADER, "{}", "."),
            (HEADER, "[]", "."),
            (signed, r#"{"sub":"alice"}"#, "."),
            (r#"{"typ":"JWT","alg":"none"}"#, r#"{"sub":"alice"}"#, "."),
            (r#"{"alg":"none"}"#, r#"{"sub":"alice"}"#, "."),
        ] {
            assert_eq!(named_user(&token(header, claims, rest)), None, "{header} {claims} {rest}");
        }
        for text in ["", ".", "..", "x.y.", "\u{e4}"] {
            assert_eq!(named_user(text), None, "{text}");
        }
    }
}
