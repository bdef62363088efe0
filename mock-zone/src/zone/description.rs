//! The text of an `error_description`, in the characters that RFC 6749 allows there.

/// The longest description sent.
const LONGEST: usize = 1024;

/// `text` as printable ASCII without quote and backslash (RFC 6749 section 5.2), and not too long.
pub(crate) fn description(text: &str) -> String {
    text.chars()
        .take(LONGEST)
        .map(|c| match c {
            '"' => '\'',
            ' '..='~' if c != '\\' => c,
            _ => '?',
        })
        .collect()
}

/// The first few of `items`, for a message that names what there is.
pub(crate) fn listed(items: &[String]) -> String {
    const MOST: usize = 10;
    if items.is_empty() {
        return "none".to_owned();
    }
    let shown = items[..items.len().min(MOST)].join(", ");
    match items.len().checked_sub(MOST) {
        None | Some(0) => shown,
        Some(more) => format!("{shown} and {more} more"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_description_keeps_to_the_characters_of_the_specification() {
        assert_eq!(description("a \"b\" \\ ä\n"), "a 'b' ? ??");
        assert_eq!(description(&"x".repeat(5000)).len(), LONGEST);
    }
}
