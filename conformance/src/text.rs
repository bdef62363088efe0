//! Text from a server under test, made safe to print.

/// The text without control characters, so that a terminal obeys nothing in it.
///
/// Tabs and line breaks become visible escapes as well: a finding is one line.
pub fn printable(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_control() || is_invisible(c) {
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

/// Characters that nobody sees, and those that reorder what stands beside them (Unicode Standard Annex 9).
fn is_invisible(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}')
        || matches!(c, '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_a_terminal_obeys_is_left() {
        assert_eq!(printable("a\u{1b}[31mb\r\n\u{202e}c é"), "a\\u{1b}[31mb\\r\\n\\u{202e}c é");
        assert_eq!(quoted("x\u{7}y"), "\"x\\u{7}y\"");
        assert_eq!(printable("a\u{feff}b\u{200b}c\u{2028}d"), "a\\u{feff}b\\u{200b}c\\u{2028}d");
    }
}
