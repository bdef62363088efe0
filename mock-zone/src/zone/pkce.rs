//! Proof key for code exchange (RFC 7636), S256 only.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64URL;
use openssl::sha::sha256;

use super::secret;

/// The S256 challenge of a verifier: a SHA-256 hash as base64url, which is always 43 characters long.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Challenge(String);

impl Challenge {
    /// Reads a challenge. `None`: it is no S256 challenge.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let is_hash = text.len() == 43 && BASE64URL.decode(text).is_ok_and(|hash| hash.len() == 32);
        is_hash.then(|| Self(text.to_owned()))
    }

    /// Whether `verifier` is well-formed and this is its challenge.
    pub(crate) fn admits(&self, verifier: &str) -> bool {
        is_verifier(verifier)
            && secret::same(BASE64URL.encode(sha256(verifier.as_bytes())).as_bytes(), self.0.as_bytes())
    }
}

/// RFC 7636 section 4.1: 43 to 128 unreserved characters.
fn is_verifier(text: &str) -> bool {
    (43..=128).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b'_' | b'~'))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    // RFC 7636 appendix B.
    const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
    const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

    #[test]
    fn the_rfcs_own_example_holds() {
        let challenge = Challenge::parse(CHALLENGE).unwrap();

        assert!(challenge.admits(VERIFIER));
        assert!(!challenge.admits(CHALLENGE));
        assert!(!challenge.admits(""));
        assert!(!challenge.admits(&VERIFIER[1..]));
    }

    #[test]
    fn a_plain_challenge_is_none() {
        for text in [
            "",
            VERIFIER.get(..42).unwrap(),
            "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw+cM",
            "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM=",
            "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cMA",
        ] {
            assert_eq!(Challenge::parse(text), None, "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn only_the_verifier_itself_is_admitted(verifier in "[A-Za-z0-9._~-]{43,128}", other in any::<String>()) {
            let challenge = Challenge::parse(&BASE64URL.encode(sha256(verifier.as_bytes()))).unwrap();

            prop_assert!(challenge.admits(&verifier));
            prop_assert_eq!(challenge.admits(&other), other == verifier);
            let _ = Challenge::parse(&other);
        }
    }
}
