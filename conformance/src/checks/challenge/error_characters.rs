//! What a client shows its user, or writes to its log.

use crate::check::{Area, Check, Level, Meta, Need, Stop, Verdict};
use crate::context::Context;
use crate::page;
use crate::reply::Outcome;
use crate::text::quoted;

page! {
    /// The error of a challenge has no characters that break it
    ///
    /// # What it checks
    /// The zone signs the accepted token again, with an audience and then with an issuer that carries quotes and
    /// backslashes, a line break with a header after it, and a letter beyond ASCII. The challenges in the answers
    /// must be readable, `error` and `error_description` printable ASCII without quote and backslash, and no header
    /// may have been added.
    ///
    /// # Why it matters
    /// Clients write these texts to logs and terminals, and parse the header that they stand in. Whoever can put
    /// characters of a token into them says something in the server's name.
    ///
    /// # How to fix it
    /// Choose the description from a list of fixed sentences without quotes, and never put what was sent, or what a
    /// library says, into it.
    ///
    /// # Reference
    /// RFC 6750 section 3.
    pub struct ChallengeErrorCharacters;
}

const META: Meta = Meta {
    id: "challenge-error-characters",
    requirements: &["rfc6750-3-error-charset"],
    level: Level::Must,
    area: Area::Challenge,
    needs: &[Need::ZoneControl],
    follows_from: &["challenge-grammar"],
    ..Meta::CALM
};

/// The name of the header that a split line would add.
const SPLIT: &str = "x-conformance-split";

impl Check for ChallengeErrorCharacters {
    fn meta(&self) -> &'static Meta {
        &META
    }

    async fn run(&self, cx: &Context) -> Verdict {
        let token = cx.accepted_token().await?;
        let hostile = [
            ("quotes and backslashes", "https://other.example/\"quoted\"/back\\slash".to_owned()),
            ("a line break", format!("https://other.example/\r\n{SPLIT}: 1")),
            ("a letter beyond ASCII", "https://other.example/\u{e4}".to_owned()),
        ];
        let (mut seen, mut crashed) = (false, None);
        for claim in ["aud", "iss"] {
            for (which, value) in &hostile {
                let odd =
                    cx.sign(&token.but(|t| t.claim(claim, value.as_str())), "token of hostile characters").await?;
                let what = format!("a token whose {claim} has {which}");
                let reply = cx.call(&odd, &what).await?;
                if reply.headers.contains_key(SPLIT) {
                    return Err(Stop::violation("one header line", format!("a second one in the answer to {what}")));
                }
                if reply.outcome() == Outcome::ServerError {
                    crashed = Some(format!("{what} got {}", reply.describe()));
                    continue;
                }
                // A field that cannot be read was broken by what was sent: others can be.
                for challenge in reply.challenges()? {
                    for text in ["error", "error_description"].into_iter().filter_map(|name| challenge.param(name)) {
                        seen = true;
                        if !text.bytes().all(is_error_byte) {
                            let actual = format!("{} in the answer to {what}", quoted(text));
                            return Err(Stop::violation("printable ASCII without quote and backslash", actual));
                        }
                    }
                }
            }
        }
        if let Some(because) = crashed {
            return Err(Stop::inconclusive(because));
        }
        if seen { Ok(()) } else { Err(Stop::not_applicable("no challenge to such a token has an error")) }
    }
}

/// A byte of the two values (RFC 6750 section 3).
fn is_error_byte(byte: u8) -> bool {
    matches!(byte, b' '..=b'~') && byte != b'"' && byte != b'\\'
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sentence_is_made_of_error_bytes_and_what_a_terminal_obeys_is_not() {
        assert!("the token has expired (exp); see RFC 7519 [4.1.4]~".bytes().all(is_error_byte));
        for bad in ["a\"b", "a\\b", "a\tb", "a\u{1b}b", "é", "a\u{7f}"] {
            assert!(!bad.bytes().all(is_error_byte), "{bad:?}");
        }
    }
}
