//! The forms in which a token may stand where it should not.

use std::borrow::Cow;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;

use crate::spelling::readings;

/// In which form a text stands in these bytes, if it does: nothing more is to be said of it as it is.
pub fn form_in(bytes: &[u8], text: &str) -> Option<&'static str> {
    let traces = traces(text);
    let stands_in = |bytes: &[u8]| traces.iter().find(|(_, trace)| contains(bytes, trace)).map(|(form, _)| *form);
    let spelled = || {
        let text: Cow<str> = String::from_utf8_lossy(bytes);
        readings(&text).iter().any(|reading| stands_in(reading.as_bytes()).is_some())
    };
    stands_in(bytes).or_else(|| spelled().then_some(", in another spelling"))
}

/// What shows that this text was repeated, and in which form.
fn traces(text: &str) -> Vec<(&'static str, String)> {
    let mut traces = vec![("", text.to_owned())];
    // Three bytes make four letters, so the same text has three forms, by what stands before it.
    for before in 0..3 {
        let padded = [&b"..."[..before], text.as_bytes()].concat();
        let encoded = STANDARD_NO_PAD.encode(padded);
        // What the bytes before and after take part in is left out.
        let inner = encoded.get(before * 2..encoded.len().saturating_sub(4)).unwrap_or_default().to_owned();
        traces.push((", in base64", inner.replace('+', "-").replace('/', "_")));
        traces.push((", in base64", inner));
    }
    let hexadecimal = |before: &str| text.bytes().map(|byte| format!("{before}{byte:02x}")).collect::<String>();
    traces.extend([(", in hexadecimal", hexadecimal("")), (", percent-encoded", hexadecimal("%"))]);
    traces.extend([(", in hexadecimal", hexadecimal("").to_ascii_uppercase())]);
    traces.extend([(", percent-encoded", hexadecimal("%").to_ascii_uppercase())]);
    traces
}

/// Whether a text stands in these bytes.
fn contains(bytes: &[u8], text: &str) -> bool {
    !text.is_empty() && bytes.windows(text.len()).any(|window| window == text.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_found_in_base64_whatever_stands_around_it() {
        let token = "eyJzdWIiOiJjb25mb3JtYW5jZS1_-In0";
        for before in ["", "a", "ab", "abc", "Bearer "] {
            for after in ["", "x", ".signature"] {
                let encoded = STANDARD_NO_PAD.encode(format!("{before}{token}{after}"));
                assert!(traces(token).iter().any(|(_, trace)| encoded.contains(trace)), "{before}{token}{after}");
            }
        }
        assert!(traces(token).iter().all(|(_, trace)| trace.len() > 20));
    }

    #[test]
    fn a_token_is_found_as_json_html_and_urls_spell_it() {
        let token = "Q2hlY2s/bm93+later";
        for (bytes, form) in [
            ("got Q2hlY2s/bm93+later", Some("")),
            (r#"{"token":"Q2hlY2s\/bm93\u002blater"}"#, Some(", in another spelling")),
            ("<p>Q2hlY2s&#x2F;bm93+later</p>", Some(", in another spelling")),
            ("/mcp?token=Q2hlY2s%2fbm93%2blater", Some(", in another spelling")),
            (r#"{"token":"Q2hlY2s"}"#, None),
        ] {
            assert_eq!(form_in(bytes.as_bytes(), token), form, "{bytes}");
        }
    }
}
