//! How a resource identifier relates to the endpoint that a client had asked.

use url::Url;

use crate::check::Stop;
use crate::discovery::is_loopback;
use crate::text::quoted;

/// What a `resource` names, seen from the endpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Relation {
    /// The endpoint, character for character.
    Exact,
    /// The endpoint or what it lies under, spelled in another way: a path that is shorter by whole segments, a final
    /// slash, a default port.
    Covering,
    /// The same but for another name of this machine, so that the user's choice of name decides.
    OtherLoopbackName,
    /// Something else.
    Another,
}

/// Compares a `resource` with the endpoint.
pub(crate) fn relation(resource: &str, endpoint: &Url) -> Relation {
    if spellings(endpoint).iter().any(|s| s == resource) {
        return Relation::Exact;
    }
    let Ok(named) = Url::parse(resource) else {
        return Relation::Another;
    };
    if !matches!(named.scheme(), "http" | "https") || !is_prefix(named.path(), endpoint.path()) {
        return Relation::Another;
    }
    if named.origin() == endpoint.origin() {
        return Relation::Covering;
    }
    if differs_in_loopback_name(&named, endpoint) { Relation::OtherLoopbackName } else { Relation::Another }
}

/// How a URL is written as an identifier. One without a path has two spellings, and a parser makes them one.
pub(in crate::checks) fn spellings(url: &Url) -> Vec<String> {
    let mut url = url.clone();
    url.set_fragment(None);
    let mut all = vec![url.to_string()];
    if url.path() == "/" && url.query().is_none() {
        all.push(origin(&url));
    }
    all
}

/// The origin as an identifier.
pub(in crate::checks) fn origin(url: &Url) -> String {
    url.origin().ascii_serialization()
}

/// Whether two URLs differ in nothing of their origin but in the name of this machine.
fn differs_in_loopback_name(a: &Url, b: &Url) -> bool {
    let port = Url::port_or_known_default;
    is_loopback(a) && is_loopback(b) && a.scheme() == b.scheme() && port(a) == port(b) && a.host() != b.host()
}

/// Whether a text is one of these identifiers but for another name of this machine.
pub(in crate::checks) fn is_loopback_alias(resource: &str, identifiers: &[String]) -> bool {
    let Ok(named) = Url::parse(resource) else { return false };
    identifiers.iter().any(|identifier| {
        let Ok(meant) = Url::parse(identifier) else { return false };
        let tail = |text: &str, url: &Url| text.strip_prefix(&origin(url)).map(str::to_owned);
        differs_in_loopback_name(&named, &meant) && tail(resource, &named) == tail(identifier, &meant)
    })
}

/// What to say where only the name of this machine differs, and what to do.
pub(in crate::checks) fn other_name(resource: &str) -> Stop {
    Stop::inconclusive(format!(
        "resource {} and the URL differ in their name of this machine; run again with that name in --url",
        quoted(resource)
    ))
}

/// Whether a path is another's prefix by whole segments; a final slash does not count.
fn is_prefix(prefix: &str, path: &str) -> bool {
    let (prefix, path) = (prefix.trim_end_matches('/'), path.trim_end_matches('/'));
    path.strip_prefix(prefix).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(resource: &str, endpoint: &str) -> Relation {
        relation(resource, &Url::parse(endpoint).unwrap())
    }

    #[test]
    fn only_the_same_characters_are_exact() {
        assert_eq!(of("https://h/mcp", "https://h/mcp"), Relation::Exact);
        assert_eq!(of("https://h/mcp/", "https://h/mcp"), Relation::Covering);
        assert_eq!(of("https://h:443/mcp", "https://h/mcp"), Relation::Covering);
        assert_eq!(of("https://H/mcp", "https://h/mcp"), Relation::Covering);
        assert_eq!(of("https://h/mcp", "https://h/mcp/"), Relation::Covering);
    }

    #[test]
    fn an_origin_is_the_same_with_and_without_its_slash() {
        assert_eq!(of("https://h", "https://h/"), Relation::Exact);
        assert_eq!(of("https://h/", "https://h"), Relation::Exact);
    }

    #[test]
    fn a_prefix_ends_with_a_segment() {
        assert_eq!(of("https://h", "https://h/a/mcp"), Relation::Covering);
        assert_eq!(of("https://h/a", "https://h/a/mcp"), Relation::Covering);
        assert_eq!(of("https://h/a/m", "https://h/a/mcp"), Relation::Another);
        assert_eq!(of("https://h/a/mcp/x", "https://h/a/mcp"), Relation::Another);
    }

    #[test]
    fn another_origin_is_another_resource() {
        assert_eq!(of("https://other/mcp", "https://h/mcp"), Relation::Another);
        assert_eq!(of("http://h/mcp", "https://h/mcp"), Relation::Another);
        assert_eq!(of("https://h:8443/mcp", "https://h/mcp"), Relation::Another);
        assert_eq!(of("mcp", "https://h/mcp"), Relation::Another);
        assert_eq!(of("urn:h:mcp", "https://h/mcp"), Relation::Another);
    }

    #[test]
    fn names_of_this_machine_are_told_from_other_differences() {
        assert_eq!(of("http://localhost:8000/mcp", "http://127.0.0.1:8000/mcp"), Relation::OtherLoopbackName);
        assert_eq!(of("http://[::1]:8000", "http://127.0.0.1:8000/mcp"), Relation::OtherLoopbackName);
        assert_eq!(of("http://localhost:8001/mcp", "http://127.0.0.1:8000/mcp"), Relation::Another);
        assert_eq!(of("http://localhost:8000/x", "http://127.0.0.1:8000/mcp"), Relation::Another);

        let identifiers = ["http://127.0.0.1:8000/mcp".to_owned()];
        assert!(is_loopback_alias("http://localhost:8000/mcp", &identifiers));
        assert!(!is_loopback_alias("http://localhost:8000/mcp/", &identifiers));
        assert!(!is_loopback_alias("http://127.0.0.1:8000/mcp/", &identifiers));
        assert!(!is_loopback_alias("http://h:8000/mcp", &identifiers));
    }
}
