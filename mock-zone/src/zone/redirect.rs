//! Redirect URIs: which may be registered, when one matches, and writing an answer into one.

use url::{Host, Url, form_urlencoded};

/// The longest redirect URI kept.
const LONGEST: usize = 2048;

/// Why a redirect URI cannot be registered.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum RedirectError {
    #[error("a redirect URI must be an absolute URI of printable ASCII, at most 2048 characters long")]
    NotAUri,
    #[error("a redirect URI must not have a fragment (RFC 6749 section 3.1.2)")]
    Fragment,
    #[error("a redirect URI must not carry a user name or password")]
    UserInfo,
    #[error(
        "a redirect URI must be https, or http to loopback (127.0.0.1, [::1] or localhost), as MCP has it; that others, \
         private-use schemes such as com.example.app: among them, are refused is this mock's choice"
    )]
    NotHttpsOrLoopback,
}

/// Whether a client may register `uri`.
pub(crate) fn check_registrable(uri: &str) -> Result<(), RedirectError> {
    if uri.len() > LONGEST || !uri.bytes().all(|b| b.is_ascii_graphic()) {
        return Err(RedirectError::NotAUri);
    }
    // Browsers read a backslash as a slash, so the host that they see may not be the one checked here.
    if uri.contains('\\') {
        return Err(RedirectError::NotAUri);
    }
    let url = Url::parse(uri).map_err(|_| RedirectError::NotAUri)?;
    if uri.contains('#') {
        return Err(RedirectError::Fragment);
    }
    if !url.username().is_empty() || url.password().is_some() || authority(uri).contains('@') {
        return Err(RedirectError::UserInfo);
    }
    match url.scheme() {
        "https" if url.host().is_some() => Ok(()),
        "http" if is_loopback_host(&url) => Ok(()),
        _ => Err(RedirectError::NotHttpsOrLoopback),
    }
}

fn authority(uri: &str) -> &str {
    let rest = uri.split_once("://").map_or("", |(_, rest)| rest);
    rest.split(['/', '?', '#']).next().unwrap_or("")
}

fn is_loopback_host(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost",
        None => false,
    }
}

/// Whether a browser sent to `uri` stays on its own machine.
pub(crate) fn is_loopback(uri: &str) -> bool {
    Url::parse(uri).is_ok_and(|url| url.scheme() == "http" && is_loopback_host(&url))
}

/// Whether `requested` is one of the `registered`: byte for byte, except that the port of a loopback URI is free,
/// since a native application takes whichever port it finds (RFC 8252 section 7.3).
pub(crate) fn matches(registered: &[String], requested: &str) -> bool {
    registered.iter().any(|known| {
        known == requested
            || matches!(
                (without_loopback_port(known), without_loopback_port(requested)),
                (Some(a), Some(b)) if a == b
            )
    })
}

/// Host and what follows the port, where `uri` is an http URI to loopback with a well-formed port or none.
fn without_loopback_port(uri: &str) -> Option<(&str, &str)> {
    let rest = uri.strip_prefix("http://")?;
    let host = ["127.0.0.1", "[::1]", "localhost"].into_iter().find(|host| rest.starts_with(host))?;
    let mut after = &rest[host.len()..];
    if let Some(port) = after.strip_prefix(':') {
        let digits = port.bytes().take_while(u8::is_ascii_digit).count();
        port[..digits].parse::<u16>().ok()?;
        after = &port[digits..];
    }
    (after.is_empty() || after.starts_with(['/', '?'])).then_some((host, after))
}

/// `uri` with `parameters` added to its query, which is kept (RFC 6749 section 3.1.2).
pub(crate) fn with_parameters(uri: &str, parameters: &[(&str, &str)]) -> String {
    let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(parameters).finish();
    let separator = match uri.split_once('?') {
        None => "?",
        Some((_, "")) => "",
        Some(_) => "&",
    };
    format!("{uri}{separator}{query}")
}

/// Where an answer to `uri` goes, as consent remembers it: its origin, the port of a loopback one aside, which is free.
pub(crate) fn destination(uri: &str) -> String {
    let host = without_loopback_port(uri).map(|(host, _)| format!("http://{host}"));
    host.or_else(|| origin(uri)).unwrap_or_else(|| uri.to_owned())
}

/// The origin of `uri`, as browsers write it.
pub(crate) fn origin(uri: &str) -> Option<String> {
    let origin = Url::parse(uri).ok()?.origin();
    origin.is_tuple().then(|| origin.ascii_serialization())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use proptest::strategy::ValueTree as _;

    use super::*;

    fn registered(uri: &str) -> Vec<String> {
        vec![uri.to_owned()]
    }

    #[test]
    fn https_and_loopback_can_be_registered() {
        for uri in [
            "https://app.example.com/callback",
            "https://app.example.com:8443/cb?tenant=1",
            "http://localhost:33418/",
            "http://127.0.0.1/",
            "http://[::1]:9/cb",
        ] {
            assert_eq!(check_registrable(uri), Ok(()), "{uri}");
        }
    }

    #[test]
    fn what_could_carry_a_code_elsewhere_cannot() {
        for (uri, error) in [
            ("", RedirectError::NotAUri),
            ("/callback", RedirectError::NotAUri),
            ("https://a.example/ cb", RedirectError::NotAUri),
            ("https://a.example\\@b.example/", RedirectError::NotAUri),
            ("https://ä.example/", RedirectError::NotAUri),
            ("https://a.example/cb#x", RedirectError::Fragment),
            ("https://a.example/cb#", RedirectError::Fragment),
            ("https://user@a.example/", RedirectError::UserInfo),
            ("https://@a.example/", RedirectError::UserInfo),
            ("http://a.example/cb", RedirectError::NotHttpsOrLoopback),
            ("http://localhost.example/", RedirectError::NotHttpsOrLoopback),
            ("javascript:alert(1)", RedirectError::NotHttpsOrLoopback),
            ("data:text/html,x", RedirectError::NotHttpsOrLoopback),
            ("ftp://localhost/", RedirectError::NotHttpsOrLoopback),
        ] {
            assert_eq!(check_registrable(uri), Err(error), "{uri}");
        }
    }

    #[test]
    fn a_match_is_exact_but_for_the_loopback_port() {
        for (known, asked) in [
            ("https://a.example/cb", "https://a.example/cb"),
            ("http://127.0.0.1/cb", "http://127.0.0.1:4711/cb"),
            ("http://localhost:1/cb", "http://localhost:2/cb"),
            ("http://[::1]:1/", "http://[::1]/"),
        ] {
            assert!(matches(&registered(known), asked), "{known} {asked}");
        }
        for (known, asked) in [
            ("https://a.example/cb", "https://a.example/cb/"),
            ("https://a.example/cb", "https://a.example/CB"),
            ("https://a.example/cb", "https://a.example:444/cb"),
            ("https://a.example/cb", "https://a.example/cb?x=1"),
            ("https://a.example/cb", "https://a.example/cb/../x"),
            ("http://127.0.0.1/cb", "http://localhost/cb"),
            ("http://127.0.0.1/cb", "https://127.0.0.1/cb"),
            ("http://localhost/cb", "http://localhost.evil.example/cb"),
            ("http://localhost/cb", "http://localhost:80@evil.example/cb"),
            ("http://localhost/cb", "http://localhost:99999/cb"),
            ("http://localhost/cb", "http://localhost:/cb"),
            ("http://localhost/cb", "http://localhost:1/cb?x"),
            ("http://localhost/cb", "http://localhost:1/cb#x"),
        ] {
            assert!(!matches(&registered(known), asked), "{known} {asked}");
        }
    }

    #[test]
    fn an_answer_keeps_the_query_that_was_registered() {
        let added = [("code", "a b"), ("state", "x&y=z")];

        assert_eq!(with_parameters("https://a.example/cb", &added), "https://a.example/cb?code=a+b&state=x%26y%3Dz");
        assert_eq!(
            with_parameters("https://a.example/cb?t=1", &added),
            "https://a.example/cb?t=1&code=a+b&state=x%26y%3Dz"
        );
        assert_eq!(with_parameters("https://a.example/cb?", &[("a", "b")]), "https://a.example/cb?a=b");
    }

    #[test]
    fn a_destination_is_an_origin_and_on_loopback_a_host() {
        for (uri, expected) in [
            ("https://a.example/cb?x", "https://a.example"),
            ("https://a.example:8443/cb", "https://a.example:8443"),
            ("http://localhost:7/cb", "http://localhost"),
            ("http://[::1]:7/cb", "http://[::1]"),
            ("http://127.0.0.1/", "http://127.0.0.1"),
            ("https://localhost:7/cb", "https://localhost:7"),
        ] {
            assert_eq!(destination(uri), expected);
        }
    }

    /// A URI that matches `http://localhost:7/cb`, or did until something was put into it or taken out.
    fn nearly_matching() -> impl Strategy<Value = String> {
        let right = "http://(localhost|127\\.0\\.0\\.1|\\[::1\\])(:[0-9]{1,5})?/cb";
        (right, any::<prop::sample::Index>(), 0..3_usize, "[:0-9@/?#a-z.\\\\ %]{0,2}").prop_map(
            |(mut uri, place, taken, put)| {
                let at = place.index(uri.len());
                let end = (at + taken).min(uri.len());
                uri.replace_range(at..end, &put);
                uri
            },
        )
    }

    proptest! {
        #[test]
        fn hostile_text_never_panics_and_never_leaves_loopback(
            text in prop_oneof![any::<String>(), "http://(localhost|127\\.0\\.0\\.1|\\[::1\\])[:0-9@/?#a-z.\\\\]{0,24}"]
        ) {
            let _ = check_registrable(&text);
            let known = registered("http://localhost:7/cb");
            if matches(&known, &text) {
                prop_assert!(is_loopback(&text), "{text}");
                prop_assert!(check_registrable(&text).is_ok(), "{text}");
            }
        }

        #[test]
        fn of_nearly_matching_uris_those_match_that_differ_in_the_port_alone(uri in nearly_matching()) {
            let port = uri.strip_prefix("http://localhost:").and_then(|rest| rest.strip_suffix("/cb"));
            let is_port = |text: &str| text.bytes().all(|b| b.is_ascii_digit()) && text.parse::<u16>().is_ok();
            let differs_in_the_port_alone = uri == "http://localhost/cb" || port.is_some_and(is_port);

            prop_assert_eq!(matches(&registered("http://localhost:7/cb"), &uri), differs_in_the_port_alone);
            if differs_in_the_port_alone {
                prop_assert!(is_loopback(&uri), "{uri}");
                prop_assert!(check_registrable(&uri).is_ok(), "{uri}");
            }
        }
    }

    #[test]
    fn the_nearly_matching_uris_are_of_both_kinds() {
        let mut runner = proptest::test_runner::TestRunner::deterministic();
        let outcomes: Vec<bool> = (0..500)
            .map(|_| {
                let uri = nearly_matching().new_tree(&mut runner).unwrap().current();
                matches(&registered("http://localhost:7/cb"), &uri)
            })
            .collect();

        let matching = outcomes.iter().filter(|matching| **matching).count();
        assert!((25..475).contains(&matching), "{matching} of 500 match");
    }
}
