//! What the list of requests may say of parameters, members and headers: the names, and values only where they are
//! harmless whatever they are.

use axum::http::{HeaderMap, header};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde::Serialize;
use serde_json::Value;
use url::form_urlencoded;

use super::token::is_form;
use crate::zone::description::shown;

/// A parameter or member of a request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Field {
    /// Its name.
    pub name: String,
    /// Its value, `[masked]` unless it can be no secret.
    pub value: String,
}

/// The parameters whose values are no secrets.
const HARMLESS: [&str; 19] = [
    "actor_token_type",
    "after",
    "audience",
    "client_assertion_type",
    "client_id",
    "code_challenge_method",
    "grant_type",
    "limit",
    "max_age",
    "prompt",
    "redirect_uri",
    "requested_token_type",
    "resource",
    "response_mode",
    "response_type",
    "scope",
    "subject_token_type",
    "token_endpoint_auth_method",
    "token_type_hint",
];

const MASKED: &str = "[masked]";

/// The most fields noted, their longest name and value, and the most text of them all.
const MOST: usize = 32;
/// The longest name shown. Secrets and codes of this zone are longer, and one that came without a name stands for one.
const LONGEST_NAME: usize = 40;
const LONGEST_VALUE: usize = 512;
const MOST_TEXT: usize = 4096;

/// The parameters of a query or form.
pub(super) fn of_form(encoded: &[u8]) -> Vec<Field> {
    bounded(form_urlencoded::parse(encoded).map(|(name, value)| field(&name, Some(&value))))
}

/// The fields of a body that is a form or a JSON object.
pub(super) fn of_body(headers: &HeaderMap, body: &[u8]) -> Vec<Field> {
    if is_form(headers) {
        return of_form(body);
    }
    match serde_json::from_slice(body) {
        Ok(Value::Object(members)) => bounded(members.iter().map(|(name, value)| field(name, value.as_str()))),
        _ => Vec::new(),
    }
}

fn bounded(fields: impl Iterator<Item = Field>) -> Vec<Field> {
    let mut left = MOST_TEXT;
    fields
        .take(MOST)
        .take_while(|field| {
            let size = field.name.len() + field.value.len();
            let fits = size <= left;
            left = left.saturating_sub(size);
            fits
        })
        .collect()
}

fn field(name: &str, value: Option<&str>) -> Field {
    let value = match value {
        // Even these go through `shown`: a URL can carry a password, or a code in its query.
        Some(value) if HARMLESS.contains(&name) => shown(value).chars().take(LONGEST_VALUE).collect(),
        _ => MASKED.to_owned(),
    };
    Field { name: named(name), value }
}

/// A name, unless it may be a secret that came without one.
pub(super) fn named(name: &str) -> String {
    if name.chars().count() > LONGEST_NAME { MASKED.to_owned() } else { name.to_owned() }
}

/// The client that these name.
pub(super) fn client_id(fields: &[Field]) -> Option<String> {
    fields.iter().find(|field| field.name == "client_id").map(|field| field.value.clone())
}

/// The scheme of the `Authorization` header, of the known ones: of another text the first word may be the secret.
pub(super) fn scheme(headers: &HeaderMap) -> Option<String> {
    let value = headers.get(header::AUTHORIZATION)?;
    let first = value.to_str().ok().and_then(|value| value.split_once(' ')).map_or("", |(scheme, _)| scheme);
    let known = ["Basic", "Bearer", "DPoP"].into_iter().find(|known| first.eq_ignore_ascii_case(known));
    Some(known.unwrap_or(MASKED).to_owned())
}

/// The names of the cookies.
pub(super) fn cookies(headers: &HeaderMap) -> Vec<String> {
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|line| line.to_str().ok())
        .flat_map(|line| line.split(';'))
        .filter_map(|pair| pair.split_once('='))
        .take(MOST)
        .map(|(name, _)| named(name.trim()))
        .collect()
}

/// The user of Basic authentication, decoded. What has no colon may be a secret.
pub(super) fn basic_user(headers: &HeaderMap) -> Option<String> {
    let (scheme, encoded) = headers.get(header::AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let text = String::from_utf8(BASE64.decode(encoded.trim()).ok()?).ok()?;
    // The ids of clients that registered themselves are `ua:` and a hash.
    let start = if text.starts_with("ua:") { "ua:".len() } else { 0 };
    let end = start + text[start..].find(':')?;
    let user = text[..end].replace("%3A", ":").replace("%3a", ":");
    Some(user.chars().take(LONGEST_VALUE).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown_of(encoded: &str) -> Vec<(String, String)> {
        of_form(encoded.as_bytes()).into_iter().map(|field| (field.name, field.value)).collect()
    }

    #[test]
    fn values_are_shown_only_where_they_are_harmless() {
        let shown = shown_of(
            "grant_type=authorization_code&code=SECRET&state=SECRET&resource=http://u:SECRET@a.example/mcp\
             &redirect_uri=http://localhost/cb?code=SECRET&scope=a+b&client_secret=SECRET&SECRET_NAME=SECRET",
        );

        let value = |name: &str| shown.iter().find(|(known, _)| known == name).unwrap().1.as_str();
        assert_eq!(value("grant_type"), "authorization_code");
        assert_eq!(value("scope"), "a b");
        assert_eq!(value("resource"), "http://[masked]@a.example/mcp");
        assert_eq!(value("redirect_uri"), "http://localhost/cb?[not shown]");
        for name in ["code", "state", "client_secret", "SECRET_NAME"] {
            assert_eq!(value(name), MASKED);
        }
        assert!(shown.iter().all(|(_, value)| !value.contains("SECRET")), "{shown:?}");
    }

    #[test]
    fn a_secret_without_a_name_is_no_name() {
        let secret = "Zx3cR3t-".repeat(6);
        let shown = shown_of(&format!("{secret}&{secret}==&grant_type=a"));

        assert_eq!(shown.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>(), [MASKED, MASKED, "grant_type"]);
    }

    #[test]
    fn what_is_kept_of_a_request_is_bounded() {
        let long = "x".repeat(10_000);
        let many: Vec<String> = (0..100).map(|n| format!("{long}{n}={long}&scope={long}")).collect();

        let kept = of_form(many.join("&").as_bytes());

        assert!(kept.len() <= MOST);
        assert!(kept.iter().map(|field| field.name.len() + field.value.len()).sum::<usize>() <= MOST_TEXT);
    }

    #[test]
    fn of_credentials_only_the_name_is_kept() {
        let headers = |value: &str| HeaderMap::from_iter([(header::AUTHORIZATION, value.parse().unwrap())]);
        let basic = |text: &str| headers(&format!("Basic {}", BASE64.encode(text)));

        assert_eq!(basic_user(&basic("id:SECRET:x")).as_deref(), Some("id"));
        assert_eq!(basic_user(&basic("ua:ff:SECRET")).as_deref(), Some("ua:ff"));
        assert_eq!(basic_user(&basic("ua%3Aff:SECRET")).as_deref(), Some("ua:ff"));
        assert_eq!(basic_user(&basic("SECRET")), None);
        assert_eq!(basic_user(&headers("Bearer SECRET")), None);
        assert_eq!(scheme(&headers("bearer SECRET")).as_deref(), Some("Bearer"));
        assert_eq!(scheme(&headers("SECRET")).as_deref(), Some(MASKED));
        assert_eq!(scheme(&headers("SECRET two")).as_deref(), Some(MASKED));
        let jar = HeaderMap::from_iter([(header::COOKIE, "a=SECRET; b=SECRET; SECRET".parse().unwrap())]);
        assert_eq!(cookies(&jar), ["a", "b"]);
    }
}
