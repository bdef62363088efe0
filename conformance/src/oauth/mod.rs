//! What a client does at an authorization server: discover it, register, ask for a code, redeem it.
//!
//! How the user gets through the pages in between is not here: a browser does that, or [`sign_in`](crate::sign_in) at a
//! zone of ours.

pub mod code_flow;
pub mod http;
pub mod metadata;
pub mod registration;

use crate::text::{printable, quoted};

/// Why an authorization server did not lead on.
#[derive(Debug, Clone, thiserror::Error)]
pub enum OAuthError {
    /// No answer.
    #[error("{step}: no answer from the authorization server: {cause}")]
    NoAnswer {
        /// What was asked for.
        step: &'static str,
        /// What happened instead.
        cause: String,
    },
    /// An answer that leads nowhere.
    #[error("{step}: expected {expected}, got {actual}")]
    Unexpected {
        /// What was asked for.
        step: &'static str,
        /// What would have led on.
        expected: &'static str,
        /// What came.
        actual: String,
    },
    /// An error of OAuth's own (RFC 6749 sections 4.1.2.1 and 5.2, RFC 7591 section 3.2.2).
    #[error("{step}: the answer is the error {}{}", quoted(.error), described(.description.as_deref()))]
    Refused {
        /// What was asked for.
        step: &'static str,
        /// `error`.
        error: String,
        /// `error_description`.
        description: Option<String>,
    },
}

impl OAuthError {
    pub(crate) fn unexpected(step: &'static str, expected: &'static str, actual: impl Into<String>) -> Self {
        Self::Unexpected { step, expected, actual: actual.into() }
    }

    /// What the user can do about it, where the error's code says so.
    pub fn advice(&self) -> Option<&'static str> {
        let Self::Refused { step, error, .. } = self else { return None };
        Some(match error.as_str() {
            "access_denied" => {
                "the sign-in was denied; run again and allow it, or sign in as a user who may use this server"
            }
            "invalid_target" => {
                "the authorization server knows no such resource; register it there as the metadata's `resource` spells it"
            }
            "invalid_scope" => {
                "the authorization server does not grant a scope that the server's challenge or metadata names"
            }
            "invalid_redirect_uri" | "invalid_client_metadata" | "invalid_client" | "unauthorized_client" => {
                "register a client for this there, with the redirect URI http://127.0.0.1/callback on any port, and \
                 name it with --client-id"
            }
            "server_error" | "temporarily_unavailable" => {
                "the authorization server has a problem of its own; try again"
            }
            "invalid_grant" if *step == "refresh" => "the sign-in has ended; run again to sign in anew",
            _ => return None,
        })
    }
}

fn described(description: Option<&str>) -> String {
    const AT_MOST: usize = 300;
    match description.filter(|text| !text.trim().is_empty()) {
        Some(text) => format!(": {}", printable(&text.chars().take(AT_MOST).collect::<String>())),
        None => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_is_readable_printable_and_says_what_to_do() {
        let error = OAuthError::Refused {
            step: "authorization",
            error: "access_denied".to_owned(),
            description: Some("no\u{1b}[31m".to_owned()),
        };
        assert_eq!(error.to_string(), "authorization: the answer is the error \"access_denied\": no\\u{1b}[31m");
        assert!(error.advice().unwrap().contains("allow it"));
    }
}
