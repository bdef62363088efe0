//! The one place that knows which strings must not be shown, and takes them out.

use std::sync::Mutex;

use base64::Engine as _;
use base64::alphabet;
use base64::engine::general_purpose::{GeneralPurpose, NO_PAD, URL_SAFE_NO_PAD};
use memchr::memmem::{self, Finder};

use crate::spelling::readings;

/// Every token and secret of the run, each with a name that may be shown in its place.
///
/// Beside these, anything that looks like a JWT is masked, encoded once more or not, since a server may show one that we
/// never sent.
#[derive(Debug, Default)]
pub struct Secrets {
    known: Mutex<Known>,
}

/// A string that must not be shown.
#[derive(Debug, Clone)]
struct Secret {
    text: String,
    name: String,
    finder: Finder<'static>,
}

impl Secret {
    fn is_in(&self, text: &str) -> bool {
        self.finder.find(text.as_bytes()).is_some()
    }
}

#[derive(Debug, Default)]
struct Known {
    /// The longest first.
    all: Vec<Secret>,
    /// Those of them that are no JWTs: nothing but their letters tells what they are.
    opaque: Vec<Secret>,
    /// Whether one of them is more than a word.
    spaced: bool,
}

/// A segment that is shorter may stand in a text by chance, or be a header that every token of a zone has.
const SEGMENT_AT_LEAST: usize = 120;

/// The beginning of an opaque secret by which it is known where a text was cut, and the length from which one has it.
const BEGINNING: usize = 16;
const CUT_AT_LEAST: usize = 24;

/// No secret that is kept is shorter, and no word that is masked by its looks.
const ANYTHING_AT_LEAST: usize = 8;

/// A run makes a few hundred tokens; older ones are masked by their looks.
const KNOWN_AT_MOST: usize = 4096;

impl Secrets {
    /// From now on `secret` is shown as `[name]`.
    pub fn add(&self, secret: &str, name: &str) {
        if secret.len() < ANYTHING_AT_LEAST {
            return; // too short to be told from ordinary text
        }
        // As it stands in a query or a form.
        let encoded: String = url::form_urlencoded::byte_serialize(secret.as_bytes()).collect();
        if encoded != secret {
            self.keep(&encoded, name);
        }
        self.keep(secret, name);
    }

    fn keep(&self, secret: &str, name: &str) {
        let mut known = self.lock();
        if known.all.iter().any(|other| other.text == secret) {
            return;
        }
        known.spaced |= secret.as_bytes().iter().any(|byte| ends_word(*byte));
        let Known { all, opaque, .. } = &mut *known;
        for list in [all, opaque].into_iter().take(if looks_like_jwt(secret) { 1 } else { 2 }) {
            if list.len() >= KNOWN_AT_MOST {
                list.remove(0);
            }
            // A tampered or foreign token contains another's segments: replace the longest first.
            let at = list.partition_point(|other| other.text.len() >= secret.len());
            let finder = Finder::new(secret).into_owned();
            list.insert(at, Secret { text: secret.to_owned(), name: name.to_owned(), finder });
        }
    }

    /// The text with every secret replaced by its name in brackets. A text that holds one in the spelling of another
    /// language is not shown at all.
    pub fn mask(&self, text: &str) -> String {
        let known = self.lock();
        let masked = known.mask(text);
        if readings(&masked).iter().any(|reading| known.mask(reading) != *reading) {
            return format!("[{} bytes with a secret in another spelling, not shown]", text.len());
        }
        masked
    }

    /// What a text gives away: the name of a secret that it holds, whole or as one segment of a token, or that there is
    /// what looks like a token.
    pub fn given_away_by(&self, text: &str) -> Option<String> {
        let looks_so = |text: &str| (mask_jwts(text) != text).then(|| "something that looks like a token".to_owned());
        let found = |text: &str| self.known_in(text).or_else(|| looks_so(text));
        found(text).or_else(|| readings(text).iter().find_map(|reading| found(reading)))
    }

    /// The name of a secret of this run that a text holds, whole or as one segment of a token.
    pub fn known_in(&self, text: &str) -> Option<String> {
        let has_part = |secret: &Secret| long_parts(&secret.text).any(|part| is_in(text, part));
        let known = self.lock();
        let found = known.all.iter().find(|secret| secret.is_in(text) || has_part(secret));
        found.map(|secret| secret.name.clone())
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

impl Known {
    /// The text with every secret replaced by its name that stands in it as it is, cut, or encoded.
    fn mask(&self, text: &str) -> String {
        let mut masked = text.to_owned();
        // Names that are put in only break runs up, so what holds for the text holds for what becomes of it.
        let longest_in = |text: &str| if self.spaced { usize::MAX } else { longest_word(text) };
        let longest = longest_in(text);
        if longest < ANYTHING_AT_LEAST {
            return masked;
        }
        let too_long = self.all.partition_point(|secret| secret.text.len() > longest);
        for secret in &self.all[too_long..] {
            if secret.is_in(&masked) {
                masked = masked.replace(&secret.text, &format!("[{}]", secret.name));
            }
        }
        for secret in self.opaque.iter().filter(|secret| secret.text.len() >= CUT_AT_LEAST) {
            masked = mask_beginning(masked, secret);
        }
        let mut masked = mask_encoded(&mask_jwts(&masked), &self.opaque);
        let longest = longest_in(&masked);
        if longest < SEGMENT_AT_LEAST {
            return masked;
        }
        // What is left of a token that was taken apart.
        for Secret { text, name, .. } in &self.all {
            for part in long_parts(text).filter(|part| part.len() < text.len() && part.len() <= longest) {
                if is_in(&masked, part) {
                    masked = masked.replace(part, &format!("[part of {name}]"));
                }
            }
        }
        masked
    }
}

fn is_in(text: &str, part: &str) -> bool {
    memmem::find(text.as_bytes(), part.as_bytes()).is_some()
}

/// The length of the longest word. Most texts have none that is as long as a token, and so need not be searched for one.
fn longest_word(text: &str) -> usize {
    text.as_bytes().split(|byte| ends_word(*byte)).map(<[u8]>::len).max().unwrap_or_default()
}

fn ends_word(byte: u8) -> bool {
    byte.is_ascii_whitespace() || byte == b'"'
}

/// The segments of a token that say by themselves which token it is.
fn long_parts(secret: &str) -> impl Iterator<Item = &str> {
    secret.split('.').filter(|part| part.len() >= SEGMENT_AT_LEAST)
}

/// Replaces as much of an opaque secret as stands where a text was cut.
fn mask_beginning(text: String, secret: &Secret) -> String {
    let Some(beginning) = secret.text.get(..BEGINNING).filter(|beginning| is_in(&text, beginning)) else { return text };
    let mut out = String::new();
    let mut rest = text.as_str();
    while let Some(start) = rest.find(beginning) {
        let (before, from) = rest.split_at(start);
        let same = from.char_indices().zip(secret.text.chars()).take_while(|((_, a), b)| a == b);
        let end = same.last().map_or(0, |((at, c), _)| at + c.len_utf8());
        out.push_str(before);
        out.push_str(&format!("[part of {}]", secret.name));
        rest = &from[end..];
    }
    out.push_str(rest);
    out
}

/// Replaces what has the form of a compact JWS: base64url of `{"…`, a dot, and more.
fn mask_jwts(text: &str) -> String {
    if !is_in(text, "eyJ") {
        return text.to_owned();
    }
    let is_token_byte = |b: u8| b.is_ascii_alphanumeric() || b == b'-' || b == b'_' || b == b'.';
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find("eyJ") {
        let (before, from) = rest.split_at(start);
        out.push_str(before);
        let length = from.bytes().take_while(|b| is_token_byte(*b)).count();
        let candidate = &from[..length];
        out.push_str(if looks_like_jwt(candidate) { "[token]" } else { candidate });
        rest = &from[length..];
    }
    out.push_str(rest);
    out
}

/// Base64 of which a piece was cut off may end in bits that count for nothing.
const INDIFFERENT: GeneralPurpose =
    GeneralPurpose::new(&alphabet::STANDARD, NO_PAD.with_decode_allow_trailing_bits(true));

/// Shorter than any JWT in base64, longer than most words.
const ENCODED_AT_LEAST: usize = 40;

/// Replaces what is a compact JWS or an opaque secret once it is decoded from base64, hexadecimal or percent-encoding.
fn mask_encoded(text: &str, opaque: &[Secret]) -> String {
    // Base64 is the shortest form of all: eight bits in six.
    let shortest = opaque.iter().map(|secret| secret.text.len() * 4 / 3).min();
    let at_least = shortest.unwrap_or(ENCODED_AT_LEAST).min(ENCODED_AT_LEAST);
    let is_encoded = |b: u8| b.is_ascii_alphanumeric() || b"+/=-_%".contains(&b);
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.bytes().position(is_encoded) {
        let (before, from) = rest.split_at(start);
        out.push_str(before);
        let (run, after) = from.split_at(from.bytes().take_while(|b| is_encoded(*b)).count());
        out.push_str(if run.len() >= at_least { hidden(run, opaque).unwrap_or(run) } else { run });
        rest = after;
    }
    out.push_str(rest);
    out
}

/// What to show in place of a run of letters that hides a token or a secret.
fn hidden(run: &str, opaque: &[Secret]) -> Option<&'static str> {
    let gives_away = |decoded: &[u8]| {
        let text = String::from_utf8_lossy(decoded);
        if mask_jwts(&text) != text {
            return Some("[token]");
        }
        opaque.iter().any(|secret| secret.is_in(&text)).then_some("[secret]")
    };
    let hexadecimal = |digits: &str| -> Vec<u8> {
        let pairs = digits.as_bytes().chunks_exact(2);
        let byte = |pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok();
        pairs.map_while(byte).collect()
    };
    let base64: String = run
        .chars()
        .map(|c| {
            if c == '-' {
                '+'
            } else if c == '_' {
                '/'
            } else {
                c
            }
        })
        .collect();
    // Where the run begins in the middle of what was encoded, the letters are counted from elsewhere.
    let in_base64 = (0..4).find_map(|at| {
        let letters = base64.get(at..).unwrap_or_default().trim_end_matches('=');
        let whole = &letters[..letters.len() - usize::from(letters.len() % 4 == 1)];
        gives_away(&INDIFFERENT.decode(whole).ok()?)
    });
    let in_digits = || (0..2).find_map(|at| gives_away(&hexadecimal(run.get(at..).unwrap_or_default())));
    let in_percents = || run.contains('%').then(|| gives_away(&hexadecimal(&run.replace('%', "")))).flatten();
    in_base64.or_else(in_digits).or_else(in_percents)
}

fn looks_like_jwt(candidate: &str) -> bool {
    let mut segments = candidate.split('.');
    let header = segments.next().unwrap_or_default();
    let has_payload = segments.next().is_some_and(|s| s.len() >= 2);
    has_payload && URL_SAFE_NO_PAD.decode(header).is_ok_and(|json| json.starts_with(b"{\""))
}

#[cfg(test)]
mod tests {
    use base64::engine::general_purpose::STANDARD_NO_PAD;
    use proptest::prelude::*;

    use super::*;
    use crate::mangled::mangled;

    const OPAQUE: &str = "an-opaque-secret-of-some-length";
    const JWT: &str = "eyJhbGciOiJub25lIn0.eyJzdWIiOiJhbGljZSIsImF1ZCI6ImIifQ.c2lnbmF0dXJl";
    const SEEDS: &[&str] = &[
        r#"{"error":"no good: an-opaque-secret-of-some-length","token":"eyJhbGciOiJub25lIn0.eyJzdWIiOiJhIn0.x"}"#,
        "GET /mcp?access_token=an-opaque-secret-of-some-length&x=eyJhbGciOiJub25lIn0.e30.x HTTP/1.1",
        "YW4tb3BhcXVlLXNlY3JldC1vZi1zb21lLWxlbmd0aA== 616e2d6f70617175652d736563726574 %61%6e%2d%6f%70%61",
    ];

    proptest! {
        #[test]
        fn no_secret_is_left_in_any_text(bytes in mangled(SEEDS), at in any::<prop::sample::Index>()) {
            let secrets = Secrets::default();
            secrets.add(OPAQUE, "given token");
            secrets.add(JWT, "accepted token");
            let mut text = String::from_utf8_lossy(&bytes).into_owned();
            let places: Vec<_> = text.char_indices().map(|(at, _)| at).chain([text.len()]).collect();
            text.insert_str(*at.get(&places), &format!(" {OPAQUE} {JWT} "));
            let masked = secrets.mask(&text);
            prop_assert!(!masked.contains(OPAQUE) && !masked.contains(JWT), "{masked}");
            prop_assert_eq!(secrets.given_away_by(&masked), None, "{}", masked);
        }
    }

    #[test]
    fn known_secrets_and_unknown_jwts_are_masked_and_the_rest_is_kept() {
        let secrets = Secrets::default();
        secrets.add("s3cret-s3cret", "client secret");
        let jwt = "eyJhbGciOiJub25lIn0.eyJzdWIiOiJhIn0.";
        let text = format!("a s3cret-s3cret b {jwt} c eyJust-a-word d");
        assert_eq!(secrets.mask(&text), "a [client secret] b [token] c eyJust-a-word d");
    }

    #[test]
    fn a_secret_is_found_whole_and_a_token_by_its_signature() {
        let secrets = Secrets::default();
        let signature = "s".repeat(342);
        secrets.add("a-client-secret", "client secret");
        secrets.add(&format!("e30.e30.{signature}"), "accepted token");
        assert_eq!(secrets.given_away_by("x a-client-secret y").as_deref(), Some("client secret"));
        assert_eq!(secrets.given_away_by(&format!("x {signature} y")).as_deref(), Some("accepted token"));
        assert!(secrets.given_away_by("x eyJhbGciOiJub25lIn0.eyJzdWIiOiJhIn0. y").is_some());
        assert_eq!(secrets.given_away_by("an event of e30 and nobody"), None);
    }

    #[test]
    fn a_token_that_was_taken_apart_is_masked_in_its_long_parts() {
        let secrets = Secrets::default();
        let (claims, signature) = ("c".repeat(200), "s".repeat(342));
        secrets.add(&format!("e30.{claims}.{signature}"), "accepted token");
        let text = format!(r#"{{"header":"e30","claims":"{claims}","signature":"{signature}"}}"#);
        let masked = r#"{"header":"e30","claims":"[part of accepted token]","signature":"[part of accepted token]"}"#;
        assert_eq!(secrets.mask(&text), masked);
    }

    #[test]
    fn jwts_that_are_encoded_once_more_are_masked_and_other_long_words_are_not() {
        let secrets = Secrets::default();
        let jwt = "eyJhbGciOiJub25lIn0.eyJzdWIiOiJhbGljZSIsImF1ZCI6ImIifQ.c2lnbmF0dXJl";
        let plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
        for before in ["", "a", "ab", "Bearer "] {
            let encoded = STANDARD_NO_PAD.encode(format!("{before}{jwt}"));
            assert_eq!(secrets.mask(&format!("x {encoded}== {plain}")), format!("x [token] {plain}"));
        }
        let hexadecimal = |before: &str| jwt.bytes().map(|byte| format!("{before}{byte:02x}")).collect::<String>();
        assert_eq!(secrets.mask(&format!("a {} b", hexadecimal(""))), "a [token] b");
        assert_eq!(secrets.mask(&format!("a {} b", hexadecimal("%"))), "a [token] b");
    }

    #[test]
    fn an_opaque_secret_is_masked_where_it_is_encoded_or_cut() {
        let secrets = Secrets::default();
        let secret = "an-opaque-secret-of-some-length";
        secrets.add(secret, "given token");
        let basic = STANDARD_NO_PAD.encode(format!("client:{secret}"));
        assert_eq!(secrets.mask(&format!("Basic {basic}= x")), "Basic [secret] x");
        let hexadecimal: String = secret.bytes().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(secrets.mask(&format!("a {hexadecimal} b")), "a [secret] b");
        assert_eq!(secrets.mask(&format!("got \"token {}…\"", &secret[..20])), "got \"token [part of given token]…\"");
        assert_eq!(secrets.mask("an-opaque-sec and others"), "an-opaque-sec and others");
    }

    #[test]
    fn a_secret_with_a_dot_is_as_opaque_as_another() {
        let secrets = Secrets::default();
        let secret = "ya29.a0AfH6SMBx-some-letters-of-a-token";
        secrets.add(secret, "given token");
        let encoded = STANDARD_NO_PAD.encode(format!("a {secret}"));
        assert_eq!(secrets.mask(&format!("x {encoded} y")), "x [secret] y");
        assert_eq!(secrets.mask(&format!("got \"token {}…\"", &secret[..30])), "got \"token [part of given token]…\"");
    }

    #[test]
    fn what_holds_a_secret_in_another_spelling_is_not_shown() {
        let secrets = Secrets::default();
        secrets.add("Q2hlY2s/bm93+and=later", "given token");
        for spelled in [
            r#"{"token":"Q2hlY2s\/bm93+and=later"}"#,
            r#"{"token":"Q2hlY2s\u002fbm93\u002Band=later"}"#,
            "token=Q2hlY2s%2fbm93%2band%3dlater",
            "token=Q2hlY2s%252Fbm93%252Band%253Dlater",
            "<b>Q2hlY2s&#x2F;bm93&#43;and=later</b>",
        ] {
            let expected = format!("[{} bytes with a secret in another spelling, not shown]", spelled.len());
            assert_eq!(secrets.mask(spelled), expected);
            assert_eq!(secrets.given_away_by(spelled).as_deref(), Some("given token"));
        }
        for plain in [r#"{"text":"{\"a\":\"b\/c\"}"}"#, "/mcp?q=a%2Fb&amp;c"] {
            assert_eq!(secrets.mask(plain), plain);
        }
    }

    #[test]
    fn a_secret_is_masked_in_a_query_too() {
        let secrets = Secrets::default();
        secrets.add("opaque+word/=", "token");
        assert_eq!(
            secrets.mask("/mcp?access_token=opaque%2Bword%2F%3D&x opaque+word/="),
            "/mcp?access_token=[token]&x [token]"
        );
    }

    #[test]
    fn a_tampered_copy_is_masked_as_itself_and_not_in_pieces() {
        let secrets = Secrets::default();
        secrets.add("aaaaaaaa.bbbbbbbb", "good");
        secrets.add("aaaaaaaa.bbbbbbbb.cc", "bad");
        assert_eq!(secrets.mask("x aaaaaaaa.bbbbbbbb.cc y"), "x [bad] y");
    }
}
