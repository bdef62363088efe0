//! The identifiers that a zone draws: 26 characters of `a-z0-9`, as the real service's are, and bearer secrets.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use openssl::sha::sha256;

use crate::ports::Entropy;

const ALPHABET: &[u8; 36] = b"abcdefghijklmnopqrstuvwxyz0123456789";
const LENGTH: usize = 26;

/// Draws an identifier.
pub(crate) fn draw(entropy: &dyn Entropy) -> String {
    let mut id = String::with_capacity(LENGTH);
    let mut bytes = [0; 64];
    // Bytes from 252 up are thrown away: 252 is the largest multiple of 36, so no letter is likelier than another.
    // An entropy that only ever gave such bytes would be broken; bounded all the same, the remainder being 'a's.
    for _ in 0..16 {
        entropy.fill(&mut bytes);
        for byte in bytes.iter().filter(|byte| **byte < 252) {
            if id.len() == LENGTH {
                return id;
            }
            id.push(char::from(ALPHABET[usize::from(byte % 36)]));
        }
    }
    while id.len() < LENGTH {
        id.push('a');
    }
    id
}

/// The identifier that belongs to `name`, the same in every run: what a developer's database remembers of a
/// configured user still fits after the zone was restarted.
pub(crate) fn derive(kind: &str, name: &str) -> String {
    sha256(format!("{kind}\n{name}").as_bytes())
        .iter()
        .take(LENGTH)
        .map(|byte| char::from(ALPHABET[usize::from(byte % 36)]))
        .collect()
}

/// Draws a secret of 256 bits, 43 characters long.
pub(crate) fn draw_secret(entropy: &dyn Entropy) -> String {
    let mut bytes = [0; 32];
    entropy.fill(&mut bytes);
    URL_SAFE_NO_PAD.encode(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ports::Ports;

    struct Stuck;
    impl Entropy for Stuck {
        fn fill(&self, bytes: &mut [u8]) {
            bytes.fill(255);
        }
    }

    #[test]
    fn identifiers_have_the_real_services_form() {
        let entropy = Ports::system().entropy;
        for id in [draw(&*entropy), derive("user", "alice@example.com"), draw(&Stuck)] {
            assert_eq!(id.len(), 26);
            assert!(id.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit()));
        }
        assert_ne!(draw(&*entropy), draw(&*entropy));
        assert_eq!(derive("user", "a"), derive("user", "a"));
        assert_ne!(derive("user", "a"), derive("user", "b"));
    }
}
