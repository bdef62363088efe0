//! Every refusal we send, and its `WWW-Authenticate` field (RFC 6750 section 3, RFC 9728 section 5.1).

use std::time::Duration;

use axum::{
    Json,
    response::{IntoResponse, Response},
};
use http::{
    HeaderValue, StatusCode,
    header::{CACHE_CONTROL, RETRY_AFTER, WWW_AUTHENTICATE},
};
use serde_json::json;

use crate::{
    scopes::{Scopes, is_scope_token},
    verify::InvalidToken,
};

/// Why a request is not passed on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Denial {
    /// It presented nothing: 401, without an error code (RFC 6750 section 3.1).
    NoCredentials,
    /// Its `Authorization` field cannot be read: 400.
    MalformedCredentials,
    /// Its token is not good here: 401.
    InvalidToken(InvalidToken),
    /// Its token is good and does not reach far enough: 403.
    InsufficientScope,
    /// Nobody can say now whether its token is good: 503.
    Unavailable {
        /// When to ask again.
        retry_after: Duration,
    },
}

impl Denial {
    /// One word for it, as the audit trail has it.
    pub fn reason(&self) -> &'static str {
        match self {
            Self::NoCredentials => "no_credentials",
            Self::MalformedCredentials => "malformed_credentials",
            Self::InvalidToken(why) => why.reason(),
            Self::InsufficientScope => "insufficient_scope",
            Self::Unavailable { .. } => "keys_unavailable",
        }
    }

    /// The status of the response.
    pub fn status(&self) -> StatusCode {
        match self {
            Self::NoCredentials | Self::InvalidToken(_) => StatusCode::UNAUTHORIZED,
            Self::MalformedCredentials => StatusCode::BAD_REQUEST,
            Self::InsufficientScope => StatusCode::FORBIDDEN,
            Self::Unavailable { .. } => StatusCode::SERVICE_UNAVAILABLE,
        }
    }

    /// The `error` code, where the RFC gives one.
    fn error(&self) -> Option<&'static str> {
        match self {
            Self::NoCredentials | Self::Unavailable { .. } => None,
            Self::MalformedCredentials => Some("invalid_request"),
            Self::InvalidToken(_) => Some("invalid_token"),
            Self::InsufficientScope => Some("insufficient_scope"),
        }
    }

    /// What the caller is told: one of these sentences, never a byte of what was sent.
    fn description(&self) -> &'static str {
        match self {
            Self::NoCredentials => "this resource needs a bearer token; its metadata says who issues them",
            Self::MalformedCredentials => {
                "the Authorization field must be there once and hold the Bearer scheme and one token"
            }
            Self::InvalidToken(why) => why.description(),
            Self::InsufficientScope => "this operation needs all of the scopes named here",
            Self::Unavailable { .. } => "the keys that verify tokens cannot be had at the moment",
        }
    }

    /// The response, pointing to the metadata and naming all scopes that the operation needs.
    pub fn response(&self, metadata_url: &str, needed: &Scopes) -> Response {
        let body = match self.error() {
            Some(error) => json!({ "error": error, "error_description": self.description() }),
            None => json!({ "message": self.description() }),
        };
        let mut response = (self.status(), Json(body)).into_response();
        let headers = response.headers_mut();
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if let Self::Unavailable { retry_after } = self {
            // Rounded up: who comes back too early is sent away again.
            let seconds = retry_after.as_secs() + u64::from(retry_after.subsec_nanos() > 0);
            headers.insert(RETRY_AFTER, seconds.max(1).into());
        } else if let Ok(challenge) = HeaderValue::from_str(&self.challenge(metadata_url, needed)) {
            // Always: every part of it is visible ASCII.
            headers.insert(WWW_AUTHENTICATE, challenge);
        }
        response
    }

    fn challenge(&self, metadata_url: &str, needed: &Scopes) -> String {
        let mut parameters = Vec::with_capacity(4);
        if let Some(error) = self.error() {
            parameters.push(("error", error.to_owned()));
            parameters.push(("error_description", self.description().to_owned()));
        }
        let scope: Scopes = needed.iter().filter(|scope| is_scope_token(scope)).collect();
        if !scope.is_empty() {
            parameters.push(("scope", scope.to_string()));
        }
        parameters.push(("resource_metadata", metadata_url.to_owned()));
        let parameters: Vec<_> = parameters.into_iter().map(|(name, value)| format!("{name}=\"{value}\"")).collect();
        format!("Bearer {}", parameters.join(", "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const METADATA: &str = "https://h/.well-known/oauth-protected-resource/mcp";

    fn challenge(denial: &Denial, needed: &str) -> (StatusCode, String) {
        let response = denial.response(METADATA, &Scopes::parse(needed));
        let challenge = response.headers()[WWW_AUTHENTICATE].to_str().unwrap().to_owned();
        (response.status(), challenge)
    }

    #[test]
    fn without_credentials_there_is_no_error_code() {
        assert_eq!(
            challenge(&Denial::NoCredentials, ""),
            (StatusCode::UNAUTHORIZED, format!("Bearer resource_metadata=\"{METADATA}\""))
        );
        assert_eq!(
            challenge(&Denial::NoCredentials, "reports:read").1,
            format!("Bearer scope=\"reports:read\", resource_metadata=\"{METADATA}\"")
        );
    }

    #[test]
    fn a_scope_refusal_names_all_scopes_at_once() {
        let (status, challenge) = challenge(&Denial::InsufficientScope, "a b");
        assert_eq!(status, StatusCode::FORBIDDEN);
        assert!(challenge.starts_with("Bearer error=\"insufficient_scope\", error_description=\""));
        assert!(challenge.ends_with(&format!("scope=\"a b\", resource_metadata=\"{METADATA}\"")));
    }

    #[test]
    fn every_refusal_keeps_to_the_printable_set() {
        for why in InvalidToken::ALL {
            let (status, challenge) = challenge(&Denial::InvalidToken(*why), "a");
            assert_eq!(status, StatusCode::UNAUTHORIZED);
            assert_eq!(challenge.matches('"').count(), 8, "{challenge}");
            assert!(challenge.bytes().all(|byte| matches!(byte, 0x20..=0x7e) && byte != b'\\'));
        }
    }

    #[test]
    fn a_scope_that_no_challenge_can_carry_is_left_out() {
        let (_, challenge) = challenge(&Denial::InsufficientScope, "a\" b c\\ d\u{e9}");
        assert!(challenge.contains("scope=\"b\""), "{challenge}");
    }

    #[test]
    fn unavailable_says_when_to_ask_again_and_challenges_nobody() {
        let denial = Denial::Unavailable { retry_after: Duration::from_millis(10) };
        let response = denial.response(METADATA, &Scopes::none());
        assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(response.headers()[RETRY_AFTER], "1");
        assert!(!response.headers().contains_key(WWW_AUTHENTICATE));
    }

    #[test]
    fn who_is_told_to_come_back_is_not_told_to_come_too_early() {
        for (milliseconds, seconds) in [(0, "1"), (1000, "1"), (1001, "2"), (4500, "5"), (5000, "5")] {
            let denial = Denial::Unavailable { retry_after: Duration::from_millis(milliseconds) };
            assert_eq!(denial.response(METADATA, &Scopes::none()).headers()[RETRY_AFTER], seconds, "{milliseconds}");
        }
    }
}
