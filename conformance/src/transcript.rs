//! Evidence: each exchange as sent and answered, secrets masked as it is recorded.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use http::HeaderMap;
use schemars::JsonSchema;
use serde::Serialize;

use crate::secrets::Secrets;

/// One request and its answer, fit to be shown: nothing in it is secret.
#[derive(Debug, Clone, Default, Serialize, JsonSchema)]
pub struct Exchange {
    /// What the exchange was for, in a few words.
    pub purpose: String,
    /// Request method and URL.
    pub request: String,
    /// Request headers, each `name: value`.
    pub request_headers: Vec<String>,
    /// Request body, masked and cut.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub request_body: String,
    /// Status code of the answer; absent where none came.
    pub status: Option<u16>,
    /// Why none came.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// Response headers, each `name: value`.
    pub response_headers: Vec<String>,
    /// Response body, masked and cut.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub response_body: String,
    /// Milliseconds from the request's start to the end of its answer.
    pub duration_ms: u64,
}

/// Most of a body that is kept as evidence, in bytes.
const BODY_SHOWN: usize = 2048;
/// Most of a body that is searched for secrets, in bytes: hundreds of them are sought, in each of hundreds of answers.
const BODY_MASKED: usize = 128 * 1024;
/// More than any secret has, in bytes, masked or not.
const CUT_SECRET_AT_MOST: usize = 32 * 1024;
/// Most headers and bytes of one header that are kept.
const HEADERS_SHOWN: usize = 40;
const HEADER_SHOWN: usize = 1024;
/// Most exchanges that one check keeps; a check that polls would else grow without bound.
const EXCHANGES_KEPT: usize = 60;

/// The exchanges of one check, in order.
#[derive(Debug, Default)]
pub struct Transcript {
    exchanges: Mutex<Vec<Arc<Exchange>>>,
    remarks: Mutex<Vec<String>>,
}

impl Transcript {
    /// Adds an exchange; beyond the bound the middle is dropped, since beginning and end explain most.
    pub fn push(&self, exchange: Arc<Exchange>) {
        let mut exchanges = self.exchanges.lock().unwrap_or_else(PoisonError::into_inner);
        if exchanges.len() >= EXCHANGES_KEPT {
            exchanges.remove(EXCHANGES_KEPT / 2);
        }
        exchanges.push(exchange);
    }

    /// Notes something that is worth reporting beside the verdict.
    pub fn remark(&self, remark: String) {
        self.remarks.lock().unwrap_or_else(PoisonError::into_inner).push(remark);
    }

    /// All remarks so far.
    pub fn take_remarks(&self) -> Vec<String> {
        std::mem::take(&mut *self.remarks.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// All exchanges so far.
    pub fn exchanges(&self) -> Vec<Arc<Exchange>> {
        self.exchanges.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// All exchanges so far, which are then gone.
    pub fn take(&self) -> Vec<Arc<Exchange>> {
        std::mem::take(&mut *self.exchanges.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Headers as lines, credentials masked whatever their value.
pub fn header_lines(headers: &HeaderMap, secrets: &Secrets) -> Vec<String> {
    let shown = headers.iter().take(HEADERS_SHOWN).map(|(name, value)| {
        let text = String::from_utf8_lossy(value.as_bytes());
        let masked = secrets.mask(&text);
        let masked = match name.as_str() {
            "cookie" | "set-cookie" => "[masked]".to_owned(),
            // Where a server takes it for a credential, it is one.
            "mcp-session-id" => format!("[{} characters]", text.chars().count()),
            "authorization" if *masked == *text => mask_unknown_credentials(&text),
            _ => masked,
        };
        format!("{}: {}", secrets.mask(name.as_str()), cut(&masked, HEADER_SHOWN))
    });
    let mut lines: Vec<_> = shown.collect();
    if headers.len() > HEADERS_SHOWN {
        lines.push(format!("… and {} more", headers.len() - HEADERS_SHOWN));
    }
    lines
}

/// `Bearer garbage` is worth showing in shape only: the scheme and how long the rest was.
fn mask_unknown_credentials(text: &str) -> String {
    match text.split_once(' ') {
        Some((scheme, rest)) if rest.len() > 24 => format!("{scheme} [{} characters]", rest.len()),
        _ => text.to_owned(),
    }
}

/// A body as text, masked and cut.
pub fn body_text(body: &[u8], secrets: &Secrets) -> String {
    let Some((beginning, _)) = body.split_at_checked(BODY_MASKED) else {
        return cut(&secrets.mask(&String::from_utf8_lossy(body)), BODY_SHOWN);
    };
    // A secret that is cut here would be known by its beginning at most, so what is shown must end long before.
    let masked = secrets.mask(&String::from_utf8_lossy(beginning));
    if masked.len() < BODY_SHOWN + CUT_SECRET_AT_MOST {
        return format!("[{} bytes, not shown]", body.len());
    }
    format!("{}… ({} bytes in all)", beginning_of(&masked, BODY_SHOWN), body.len())
}

/// Whole milliseconds, for reports.
pub fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

fn cut(text: &str, at_most: usize) -> String {
    if text.len() <= at_most {
        return text.to_owned();
    }
    format!("{}… ({} bytes in all)", beginning_of(text, at_most), text.len())
}

fn beginning_of(text: &str, at_most: usize) -> &str {
    let mut end = at_most.min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_a_huge_body_the_beginning_is_masked_and_shown() {
        let secrets = Secrets::default();
        secrets.add("s3cret-s3cret-s3cret-s3cret", "secret");
        let huge = format!("a s3cret-s3cret-s3cret-s3cret b{}", " x".repeat(BODY_MASKED));
        let shown = body_text(huge.as_bytes(), &secrets);
        assert!(shown.starts_with("a [secret] b x"), "{shown}");
        assert!(shown.ends_with(&format!("x… ({} bytes in all)", huge.len())), "{shown}");
        assert!(shown.len() < 2 * BODY_SHOWN);
    }

    #[test]
    fn a_huge_body_of_secrets_is_not_shown_at_all() {
        let secrets = Secrets::default();
        secrets.add(&"s".repeat(4096), "secret");
        let huge = "s".repeat(4096 * 256);
        assert_eq!(body_text(huge.as_bytes(), &secrets), format!("[{} bytes, not shown]", huge.len()));
    }
}
