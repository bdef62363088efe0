//! What a client sent, as errors and events may repeat it.

use std::borrow::Cow;

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

/// A URL for a text that others will read. What comes before the host, and what follows the path, may be a password,
/// a code or a token: that there is something is all that is said of it.
pub(crate) fn shown(url: &str) -> Cow<'_, str> {
    let end = url.find(['?', '#']).unwrap_or(url.len());
    let start = url.find("://").map_or(0, |colon| colon + "://".len()).min(end);
    let authority = url[start..end].split('/').next().unwrap_or("");
    let host = authority.rfind('@').map_or(start, |at| start + at);
    if host == start && end == url.len() {
        return Cow::Borrowed(url);
    }
    let mask = if host == start { "" } else { "[masked]" };
    let rest = if end == url.len() { "" } else { "[not shown]" };
    // The mark itself stays, so that it is seen what was cut.
    let mark = url[end..].chars().next().map(String::from).unwrap_or_default();
    Cow::Owned(format!("{}{mask}{}{mark}{rest}", &url[..start], &url[host..end]))
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
    fn a_url_is_shown_without_what_may_be_secret() {
        for (sent, text) in [
            ("http://localhost:8000/mcp", "http://localhost:8000/mcp"),
            ("http://localhost/cb?code=SECRET", "http://localhost/cb?[not shown]"),
            ("http://localhost/cb#token=SECRET?x", "http://localhost/cb#[not shown]"),
            ("https://user:SECRET@a.example/@home", "https://[masked]@a.example/@home"),
            ("https://@a.example", "https://@a.example"),
            ("?SECRET://x", "?[not shown]"),
            ("user:SECRET@host", "[masked]@host"),
            ("urn:app:ä", "urn:app:ä"),
            ("", ""),
        ] {
            assert_eq!(shown(sent), text);
        }
    }

    #[test]
    fn a_description_keeps_to_the_characters_of_the_specification() {
        assert_eq!(description("a \"b\" \\ ä\n"), "a 'b' ? ??");
        assert_eq!(description(&"x".repeat(5000)).len(), LONGEST);
    }
}
