//! Values that must never be printed, and comparing them in constant time.

use std::fmt;

use openssl::sha::sha256;
use subtle::ConstantTimeEq;

/// A password, client secret or token. It prints as `[masked]`.
#[derive(Clone)]
pub struct Secret(String);

impl Secret {
    /// Keeps `value` from being printed.
    pub fn new(value: impl Into<String>) -> Self {
        Self(value.into())
    }

    /// The value itself, for the one answer that hands it out.
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// Compares without telling by its duration where the two differ, or how long the secret is.
    pub fn matches(&self, candidate: &str) -> bool {
        same(self.0.as_bytes(), candidate.as_bytes())
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[masked]")
    }
}

/// Compares two byte strings in time that depends on neither's content. Hashing first makes the lengths equal.
pub(crate) fn same(a: &[u8], b: &[u8]) -> bool {
    sha256(a).ct_eq(&sha256(b)).into()
}

/// The hash under which a bearer secret (code, cookie) is remembered, so that the store itself cannot be replayed.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct SecretHash([u8; 32]);

impl SecretHash {
    pub(crate) fn of(secret: &str) -> Self {
        Self(sha256(secret.as_bytes()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_does_not_print() {
        let secret = Secret::new("hunter2");

        assert_eq!(format!("{secret:?}"), "[masked]");
        assert!(secret.matches("hunter2"));
        assert!(!secret.matches("hunter"));
        assert!(!secret.matches(""));
    }
}
