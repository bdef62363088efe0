//! Text from a server under test, made safe to print.

/// The text without control characters, so that a terminal obeys nothing in it.
///
/// Tabs and line breaks become visible escapes as well: a finding is one line.
pub fn printable(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_control() || is_bidi_control(c) {
            out.extend(c.escape_default());
        } else {
            out.push(c);
        }
    }
    out
}

/// Quoted, printable and short: for naming a server's value inside a sentence.
pub fn quoted(text: &str) -> String {
    const AT_MOST: usize = 160;
    let shown: String = text.chars().take(AT_MOST).collect();
    let more = if shown.len() < text.len() { "…" } else { "" };
    format!("\"{}{more}\"", printable(&shown))
}

/// Characters that reorder what stands beside them on a screen (Unicode Standard Annex 9).
fn is_bidi_control(c: char) -> bool {
    matches!(c, '\u{200e}' | '\u{200f}' | '\u{061c}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_a_terminal_obeys_is_left() {
        assert_eq!(printable("a\u{1b}[31mb\r\n\u{202e}c é"), "a\\u{1b}[31mb\\r\\n\\u{202e}c é");
        assert_eq!(quoted("x\u{7}y"), "\"x\\u{7}y\"");
    }
}
