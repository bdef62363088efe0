//! What becomes of an opaque text when one thing in it is changed, by someone who guesses how it was written.

use base64::Engine as _;
use base64::engine::DecodePaddingMode;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig};
use serde_json::Value;

/// Members of a JSON text that are changed, one at a time.
const MEMBERS_CHANGED: usize = 6;

const CONFIG: GeneralPurposeConfig =
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent).with_encode_padding(false);
const URL_SAFE: GeneralPurpose = GeneralPurpose::new(&base64::alphabet::URL_SAFE, CONFIG);
const STANDARD: GeneralPurpose = GeneralPurpose::new(&base64::alphabet::STANDARD, CONFIG);

/// The text with one thing changed, each with how: what may decide something, a bit, its end. None says the same as the
/// text, whatever it is.
pub fn altered(text: &str) -> Vec<(String, String)> {
    let segments: Vec<&str> = text.split('.').collect();
    let mut all = Vec::new();
    let mut add = |how: String, other: String| {
        if other != text && !all.iter().any(|(_, known)| *known == other) {
            all.push((how, other));
        }
    };
    if let Ok(value) = serde_json::from_str::<Value>(text) {
        members(&value).for_each(|(how, other)| add(how, other));
    }
    for (at, segment) in segments.iter().enumerate() {
        let put = |other: String| {
            let mut changed: Vec<String> = segments.iter().map(|s| (*s).to_owned()).collect();
            changed[at] = other;
            changed.join(".")
        };
        let Some((engine, bytes)) = decoded(segment) else { continue };
        let padding = &segment[segment.trim_end_matches('=').len()..];
        let encode = |bytes: &[u8]| {
            let text = engine.encode(bytes);
            // The length, and with it the padding, may have changed.
            let wanted = if padding.is_empty() { 0 } else { (4 - text.len() % 4) % 4 };
            put(format!("{text}{}", "=".repeat(wanted)))
        };
        if let Ok(value) = serde_json::from_slice::<Value>(&bytes) {
            members(&value).for_each(|(how, other)| add(how, encode(other.as_bytes())));
        }
        let part =
            if segments.len() > 1 { format!("segment {} of {}", at + 1, segments.len()) } else { "it".to_owned() };
        for place in [bytes.len() / 2, bytes.len() - 1] {
            let mut flipped = bytes.clone();
            flipped[place] ^= 1;
            add(format!("bit 0 of byte {place} of {part} is flipped"), encode(&flipped));
        }
    }
    // A letter of base64 may have bits that count for nothing.
    if let Some(other) = with_another_letter(text).filter(|_| segments.iter().all(|s| decoded(s).is_none())) {
        add("the letter in its middle is another".to_owned(), other);
    }
    let half = text.char_indices().nth(text.chars().count() / 2).map_or(0, |(at, _)| at);
    add("it ends in its middle".to_owned(), text[..half].to_owned());
    if let Some((front, _)) = text.rsplit_once('.') {
        add("its last segment is empty".to_owned(), format!("{front}."));
        add("its last segment is missing".to_owned(), front.to_owned());
    }
    all
}

/// Parts of two texts put together, each with how; none where the two are of one piece.
pub fn spliced(one: &str, other: &str) -> Vec<(String, String)> {
    let mut all = Vec::new();
    if let (Some((front, _)), Some((_, back))) = (one.rsplit_once('.'), other.rsplit_once('.')) {
        all.push(("its last segment is another call's".to_owned(), format!("{front}.{back}")));
    }
    if one.is_ascii() && other.is_ascii() && one.len() == other.len() {
        let half = one.len() / 2;
        all.push(("its second half is another call's".to_owned(), format!("{}{}", &one[..half], &other[half..])));
    }
    all.retain(|(_, text)| text != one && text != other);
    all.dedup_by(|one, other| one.1 == other.1);
    all
}

/// The bytes of a text in base64, of which no other text of that alphabet decodes to the same.
fn decoded(segment: &str) -> Option<(GeneralPurpose, Vec<u8>)> {
    let is_hex = segment.bytes().all(|b| b.is_ascii_hexdigit());
    let engines = [URL_SAFE, STANDARD].into_iter().filter(|_| segment.len() >= 4 && !is_hex);
    let mut read = engines.filter_map(|engine| engine.decode(segment).ok().map(|bytes| (engine, bytes)));
    read.next().filter(|(_, bytes)| !bytes.is_empty())
}

/// A JSON text with one of its scalars changed.
fn members(value: &Value) -> impl Iterator<Item = (String, String)> {
    let places: Vec<String> = scalars(value, String::new());
    places.into_iter().take(MEMBERS_CHANGED).filter_map(move |place| {
        let mut other = value.clone();
        let scalar = other.pointer_mut(&place)?;
        *scalar = changed(scalar)?;
        Some((format!("its member {place} is another"), other.to_string()))
    })
}

/// Where a value has scalars: JSON pointers (RFC 6901).
fn scalars(value: &Value, at: String) -> Vec<String> {
    match value {
        Value::Object(members) => members
            .iter()
            .take(MEMBERS_CHANGED)
            .flat_map(|(name, member)| scalars(member, format!("{at}/{}", name.replace('~', "~0").replace('/', "~1"))))
            .collect(),
        Value::Array(items) => items
            .iter()
            .take(MEMBERS_CHANGED)
            .enumerate()
            .flat_map(|(index, item)| scalars(item, format!("{at}/{index}")))
            .collect(),
        Value::Null => Vec::new(),
        _ => vec![at],
    }
}

fn changed(scalar: &Value) -> Option<Value> {
    match scalar {
        Value::Bool(is) => Some(Value::Bool(!is)),
        Value::Number(number) => Some(number.as_i64()?.checked_add(1)?.into()),
        Value::String(text) => Some(with_another_letter(text).unwrap_or_else(|| format!("{text}x")).into()),
        _ => None,
    }
}

/// The text with another letter or digit in place of the one that is nearest to its middle.
pub fn with_another_letter(text: &str) -> Option<String> {
    let half = text.len() / 2;
    let letters = text.char_indices().filter(|(_, c)| c.is_ascii_alphanumeric());
    let (at, letter) = letters.min_by_key(|(at, _)| at.abs_diff(half))?;
    // One that fits wherever the first does: decimal, hexadecimal, base64.
    let other = match letter {
        '9' | 'f' | 'F' | 'z' | 'Z' => letter as u8 - 1,
        _ => letter as u8 + 1,
    };
    let other = char::from(other);
    Some(format!("{}{other}{}", &text[..at], &text[at + 1..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(text: &str) -> Vec<String> {
        altered(text).into_iter().map(|(_, other)| other).collect()
    }

    #[test]
    fn what_a_text_says_is_changed_however_it_was_written() {
        let json = r#"{"room":"Blue","seats":2}"#;
        assert!(texts(json).contains(&r#"{"room":"Blve","seats":2}"#.to_owned()), "{:?}", texts(json));
        let encoded = URL_SAFE.encode(json);
        let seats = URL_SAFE.encode(r#"{"room":"Blue","seats":3}"#);
        assert!(texts(&encoded).contains(&seats), "{:?}", texts(&encoded));
        let signed = format!("{encoded}.c2lnbmVkIQ");
        let others = texts(&signed);
        assert!(others.contains(&format!("{seats}.c2lnbmVkIQ")) && others.contains(&format!("{encoded}.")));
        assert!(texts("01234f6789").contains(&"01234e6789".to_owned()), "{:?}", texts("01234f6789"));
    }

    #[test]
    fn nothing_that_is_altered_decodes_to_the_same() {
        for text in ["YWJjZA", "YWJjZA==", "eyJhIjoxfQ.c2ln", "{\"a\":[true,{\"b\":\"c\"}]}", "a", "", "ünï.ö", "~"]
        {
            for (how, other) in altered(text) {
                assert_ne!(other, text, "{how}");
                let (mine, theirs) = (decoded(text), decoded(&other));
                assert!(mine.is_none() || mine.map(|d| d.1) != theirs.map(|d| d.1), "{text} {how}: {other}");
            }
        }
    }

    #[test]
    fn two_texts_are_spliced_where_that_makes_a_third() {
        let texts = |one, other| spliced(one, other).into_iter().map(|(_, text)| text).collect::<Vec<_>>();
        assert_eq!(texts("aa.11", "bb.22"), ["aa.22"]);
        assert_eq!(texts("abcd", "efgh"), ["abgh"]);
        assert_eq!(spliced("same", "same"), []);
    }
}
