//! Text from a server under test, made safe to print.

/// The text without control characters, so that a terminal obeys nothing in it, nor whatever runs a CI job.
///
/// Tabs and line breaks become visible escapes as well: a finding is one line. So does the second of two number signs:
/// runners take `##[error]` for a command wherever in a line it stands.
pub fn printable(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if c == '#' && out.ends_with('#') {
            // `escape_default` leaves what is ASCII and printable as it is.
            out.push_str("\\u{23}");
        } else if is_visible(c) {
            out.push(c);
        } else {
            out.extend(c.escape_default());
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

/// The known word that is most like this one, if any is like it at all: what was meant, probably.
pub fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    /// How alike two words must be to be worth a suggestion, from 0 to 1.
    const NEAR: f64 = 0.85;
    let sought = word.to_lowercase();
    let rated = known.into_iter().map(|known| (strsim::jaro_winkler(&known.to_lowercase(), &sought), known));
    let near = rated.filter(|(likeness, _)| *likeness > NEAR).max_by(|(a, _), (b, _)| a.total_cmp(b));
    near.map(|(_, known)| known)
}

/// Whether a character is seen, and neither obeyed by a terminal nor moves what stands beside it.
pub fn is_visible(c: char) -> bool {
    !c.is_control() && !is_invisible(c)
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
    fn a_mistyped_word_is_recognised_and_another_is_not() {
        let tools = ["whoami", "read_report", "hello_world"];
        assert_eq!(nearest("whomai", tools), Some("whoami"));
        assert_eq!(nearest("Read-Report", tools), Some("read_report"));
        assert_eq!(nearest("delete", tools), None);
    }

    #[test]
    fn nothing_that_a_terminal_obeys_is_left() {
        assert_eq!(printable("a\u{1b}[31mb\r\n\u{202e}c é"), "a\\u{1b}[31mb\\r\\n\\u{202e}c é");
        assert_eq!(quoted("x\u{7}y"), "\"x\\u{7}y\"");
        assert_eq!(printable("# ##[error]x ###"), "# #\\u{23}[error]x #\\u{23}#");
        assert_eq!(printable("a\u{feff}b\u{200b}c\u{2028}d"), "a\\u{feff}b\\u{200b}c\\u{2028}d");
    }
}
