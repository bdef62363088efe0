//! What all answers of a run held that may be part of a token: to be looked through once more is known to be secret.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use openssl::sha::sha256;

/// Segments of a token that are shorter are not told from other words.
const PART_AT_LEAST: usize = 120;
/// Most parts that are remembered, of all answers together.
const PARTS_AT_MOST: usize = 16 * 1024;

/// Each long run of base64url letters by its digest, with what was asked when it came.
#[derive(Debug, Default)]
pub struct Ledger(Mutex<HashMap<[u8; 32], String>>);

impl Ledger {
    /// Takes note of an answer, or of a header of it.
    pub fn note(&self, bytes: &[u8], purpose: &str) {
        for part in parts(bytes) {
            let mut noted = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            if noted.len() < PARTS_AT_MOST {
                noted.entry(sha256(part)).or_insert_with(|| purpose.to_owned());
            }
        }
    }

    /// What was asked when this token, or a long part of it, came back.
    pub fn holds(&self, token: &str) -> Option<String> {
        let noted = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        parts(token.as_bytes()).find_map(|part| noted.get(&sha256(part)).cloned())
    }
}

fn parts(bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    let is_letter = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'-' || *byte == b'_';
    bytes.split(move |byte| !is_letter(byte)).filter(|part| part.len() >= PART_AT_LEAST)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_found_by_any_long_part_of_it() {
        let (payload, signature) = ("p".repeat(200), "s".repeat(342));
        let ledger = Ledger::default();
        ledger.note(format!("{{\"text\":\"got {signature}\"}}").as_bytes(), "tools/call a");
        assert_eq!(ledger.holds(&format!("e30.{payload}.{signature}")).as_deref(), Some("tools/call a"));
        assert_eq!(ledger.holds(&format!("e30.{payload}.x")), None);
        assert_eq!(ledger.holds("e30.e30.x"), None);
    }
}
