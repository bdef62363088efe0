//! The algorithms that a zone signs with.

use std::fmt;
use std::str::FromStr;

/// An algorithm that a zone signs its tokens with. Each key has one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SigningAlgorithm {
    /// RSASSA-PKCS1-v1_5 with SHA-256: the real zone's, and the only one that Keycard's own verifiers take.
    Rs256,
    /// RSASSA-PSS with SHA-256.
    Ps256,
    /// ECDSA with P-256 and SHA-256.
    Es256,
    /// Ed25519 (RFC 8037). Some verifiers refuse a whole key set that holds one such key.
    EdDsa,
}

/// A name of no algorithm that a zone signs with.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a zone signs with RS256, PS256, ES256 or EdDSA, got {0:?}")]
pub struct UnknownAlgorithm(String);

impl SigningAlgorithm {
    /// Every one there is.
    pub const ALL: [Self; 4] = [Self::Rs256, Self::Ps256, Self::Es256, Self::EdDsa];

    /// Its `alg` (RFC 7518 section 3.1, RFC 8037 section 3.1).
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Rs256 => "RS256",
            Self::Ps256 => "PS256",
            Self::Es256 => "ES256",
            Self::EdDsa => "EdDSA",
        }
    }

    /// The algorithm whose keys can sign what carries this `alg`, be it one that no zone uses.
    pub(super) fn of_family(alg: &str) -> Option<Self> {
        match alg {
            "RS1" | "RS256" | "RS384" | "RS512" => Some(Self::Rs256),
            "PS256" | "PS384" | "PS512" => Some(Self::Ps256),
            _ => alg.parse().ok(),
        }
    }
}

impl fmt::Display for SigningAlgorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for SigningAlgorithm {
    type Err = UnknownAlgorithm;

    fn from_str(name: &str) -> Result<Self, UnknownAlgorithm> {
        let known = Self::ALL.into_iter().find(|algorithm| algorithm.as_str() == name);
        known.ok_or_else(|| UnknownAlgorithm(name.chars().take(64).collect()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_algorithm_is_known_by_its_name_and_by_no_other() {
        for algorithm in SigningAlgorithm::ALL {
            assert_eq!(algorithm.as_str().parse(), Ok(algorithm));
        }
        for other in ["", "none", "rs256", "HS256", "ES384"] {
            assert!(other.parse::<SigningAlgorithm>().unwrap_err().to_string().contains("RS256"), "{other}");
        }
    }
}
