//! Control-plane errors: what was expected, what came, what to do.

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

use crate::http::error::plain_error;
use crate::zone::directory::DirectoryError;
use crate::zone::keys::KeyError;
use crate::zone::mint::MintError;

/// Why the control plane refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct ControlError {
    status: StatusCode,
    error: &'static str,
    message: String,
}

impl ControlError {
    pub(crate) fn new(status: StatusCode, error: &'static str, message: impl Into<String>) -> Self {
        Self { status, error, message: message.into() }
    }

    pub(crate) fn bad(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "invalid_request", message)
    }

    /// The `error` of the answer, such as `unknown_key`.
    pub fn code(&self) -> &'static str {
        self.error
    }

    /// What was expected, what came, and what to do.
    pub fn message(&self) -> &str {
        &self.message
    }
}

impl IntoResponse for ControlError {
    fn into_response(self) -> Response {
        plain_error(self.status, self.error, &self.message)
    }
}

impl From<KeyError> for ControlError {
    fn from(error: KeyError) -> Self {
        let (status, name) = match &error {
            KeyError::UnknownKey { .. } => (StatusCode::NOT_FOUND, "unknown_key"),
            KeyError::ActiveKey { .. } => (StatusCode::CONFLICT, "active_key"),
            KeyError::TooManyKeys { .. } => (StatusCode::CONFLICT, "too_many_keys"),
            KeyError::Library { .. } | KeyError::NoFirstKey | KeyError::NoAlgorithm | KeyError::WrongKind { .. } => {
                (StatusCode::INTERNAL_SERVER_ERROR, "server_error")
            }
        };
        Self::new(status, name, error.to_string())
    }
}

impl From<MintError> for ControlError {
    fn from(error: MintError) -> Self {
        match error {
            MintError::Key(error @ KeyError::UnknownKey { .. }) => Self::bad(error.to_string()),
            MintError::Key(error) => error.into(),
            other => Self::bad(other.to_string()),
        }
    }
}

impl From<DirectoryError> for ControlError {
    fn from(error: DirectoryError) -> Self {
        let (status, name) = match &error {
            DirectoryError::UserTaken(_) => (StatusCode::CONFLICT, "taken"),
            DirectoryError::Full { .. } => (StatusCode::CONFLICT, "full"),
            DirectoryError::Invalid { .. } | DirectoryError::UnknownResource { .. } => {
                (StatusCode::BAD_REQUEST, "invalid_request")
            }
        };
        Self::new(status, name, error.to_string())
    }
}
