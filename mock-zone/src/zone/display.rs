//! Text that others chose, as a page may show it: no longer than a reader bears, and with nothing in it that hides or
//! reorders its neighbours. Escaping is the page's own business.

/// `text` for a reader.
pub(crate) fn text(text: &str, longest: usize) -> String {
    let mut shown: String = text
        .chars()
        .take(longest)
        .map(|c| if c.is_control() || steers(c) { char::REPLACEMENT_CHARACTER } else { c })
        .collect();
    if text.chars().nth(longest).is_some() {
        shown.push('…');
    }
    shown
}

/// Whether a character cannot be seen, or turns the direction in which others are read.
pub(crate) fn steers(c: char) -> bool {
    matches!(
        c,
        '\u{ad}'
            | '\u{34f}'
            | '\u{61c}'
            | '\u{115f}'..='\u{1160}'
            | '\u{180b}'..='\u{180e}'
            | '\u{200b}'..='\u{200f}'
            | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}'
            | '\u{3164}'
            | '\u{fe00}'..='\u{fe0f}'
            | '\u{feff}'
            | '\u{ffa0}'
            | '\u{fff0}'..='\u{fffb}'
            | '\u{e0000}'..='\u{e0fff}'
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_hides_or_reorders_is_replaced_and_what_is_long_is_cut() {
        assert_eq!(text("Ada's notes ä 漢", 20), "Ada's notes ä 漢");
        assert_eq!(text("a\u{202e}b\nc\u{200b}d\u{2066}", 20), "a\u{fffd}b\u{fffd}c\u{fffd}d\u{fffd}");
        assert_eq!(text("abcdef", 3), "abc…");
        assert_eq!(text("abc", 3), "abc");
    }
}
