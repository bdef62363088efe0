//! Who may talk to the zone at all: known host names, and no foreign web page.
//!
//! The attacker that a mock on a developer's machine really has is a web page in the developer's browser.

use std::net::{IpAddr, SocketAddr};

use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode, Uri, header, uri::Authority};
use axum::middleware::Next;
use axum::response::Response;

use super::Shared;
use super::error::plain_error;
use crate::config::Issuer;

/// The host names that the zone answers to. Without such a list, a page whose name was rebound to 127.0.0.1 would
/// be same-origin with the zone.
pub(crate) struct KnownHosts(Vec<String>);

impl KnownHosts {
    pub(crate) fn new(issuer: &Issuer, addresses: &[SocketAddr], allowed: &[String]) -> Self {
        let mut names: Vec<String> = allowed.iter().map(|name| name.trim().to_ascii_lowercase()).collect();
        names.push(issuer.host().to_ascii_lowercase());
        for address in addresses.iter().filter(|a| !a.ip().is_unspecified()) {
            names.push(match address.ip() {
                IpAddr::V4(ip) => ip.to_string(),
                IpAddr::V6(ip) => format!("[{ip}]"),
            });
        }
        Self(names)
    }

    /// Whether `authority` (a host, perhaps with a port) names this zone. The port says nothing about who is asking.
    fn know(&self, authority: &str) -> bool {
        let Ok(authority) = authority.parse::<Authority>() else {
            return false;
        };
        if authority.as_str().contains('@') {
            return false;
        }
        let host = authority.host().to_ascii_lowercase();
        let bare = host.trim_start_matches('[').trim_end_matches(']');
        host == "localhost" || bare.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback()) || self.0.contains(&host)
    }

    fn know_all(&self, uri: &Uri, headers: &HeaderMap) -> bool {
        let mut named = 0;
        for value in headers.get_all(header::HOST) {
            named += 1;
            if !value.to_str().is_ok_and(|host| self.know(host)) {
                return false;
            }
        }
        // In absolute form the target's authority wins over the Host header (RFC 9112 section 3.2.2).
        match uri.authority() {
            Some(authority) => named <= 1 && self.know(authority.as_str()),
            None => named == 1,
        }
    }
}

/// Refuses requests for host names that are not the zone's, on every path.
pub(super) async fn host(State(app): State<Shared>, request: Request, next: Next) -> Response {
    if app.hosts.know_all(request.uri(), request.headers()) {
        return next.run(request).await;
    }
    plain_error(
        StatusCode::MISDIRECTED_REQUEST,
        "unknown_host",
        "this mock zone answers only to loopback names and its issuer's host; \
         start it with --allow-host NAME if it is to answer to this one too",
    )
}

/// Whether a page of another origin is behind this request. `own`: pages of the zone itself may ask.
pub(crate) fn is_foreign_page(headers: &HeaderMap, issuer: &Issuer, own: bool) -> bool {
    let fetch_site_is_foreign =
        headers.get_all("sec-fetch-site").iter().any(|site| site != "none" && site != "same-origin");
    let origin_is_foreign = headers.get_all(header::ORIGIN).iter().any(|origin| {
        let Ok(origin) = origin.to_str() else {
            return true;
        };
        !(own && (origin == issuer.as_str() || is_origin_of_host(origin, headers)))
    });
    fetch_site_is_foreign || origin_is_foreign
}

/// Whether `origin` is the very origin that this request was sent to: the host guard knows the host already.
fn is_origin_of_host(origin: &str, headers: &HeaderMap) -> bool {
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok());
    let authority = origin.strip_prefix("http://").or_else(|| origin.strip_prefix("https://"));
    authority.is_some() && authority == host
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        pairs.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect()
    }

    fn issuer() -> Issuer {
        Issuer::parse("http://zone.test:9400").unwrap()
    }

    #[test]
    fn only_the_zones_own_names_are_known() {
        let hosts = KnownHosts::new(&issuer(), &["192.0.2.7:9400".parse().unwrap()], &["Mock.Internal".to_owned()]);
        for host in [
            "localhost",
            "localhost:1",
            "LOCALHOST:9400",
            "127.0.0.1:9400",
            "127.1.2.3",
            "[::1]:9400",
            "zone.test",
            "zone.test:80",
            "mock.internal:1",
            "192.0.2.7:9400",
        ] {
            assert!(hosts.know(host), "{host}");
        }
        for host in [
            "",
            "evil.example",
            "localhost.evil.example",
            "localhost.",
            "x@localhost",
            "127.0.0.1.evil.example",
            "192.0.2.8",
            "localhost:80:80",
            "localhost/x",
            "[::2]",
        ] {
            assert!(!hosts.know(host), "{host}");
        }
    }

    #[test]
    fn a_request_names_its_host_exactly_once() {
        let hosts = KnownHosts::new(&issuer(), &[], &[]);
        let relative: Uri = "/".parse().unwrap();
        let absolute: Uri = "http://evil.example/".parse().unwrap();
        let one = headers(&[("host", "localhost")]);
        let mut two = one.clone();
        two.append("host", "localhost".parse().unwrap());

        assert!(hosts.know_all(&relative, &one));
        assert!(!hosts.know_all(&relative, &HeaderMap::new()));
        assert!(!hosts.know_all(&relative, &two));
        assert!(!hosts.know_all(&absolute, &one));
    }

    #[test]
    fn a_foreign_page_is_recognized() {
        let foreign = |pairs: &[(&'static str, &str)], own| is_foreign_page(&headers(pairs), &issuer(), own);
        assert!(!foreign(&[], true));
        assert!(!foreign(&[("sec-fetch-site", "same-origin")], false));
        assert!(!foreign(&[("sec-fetch-site", "none")], false));
        assert!(foreign(&[("sec-fetch-site", "same-site")], true));
        assert!(foreign(&[("sec-fetch-site", "cross-site")], true));
        assert!(foreign(&[("origin", "null")], true));
        assert!(foreign(&[("origin", "http://zone.test:9400")], false));
        assert!(!foreign(&[("origin", "http://zone.test:9400")], true));
        let to_localhost = [("host", "localhost:1"), ("origin", "http://localhost:1")];
        assert!(!foreign(&to_localhost, true));
        let other_port = [("host", "localhost:1"), ("origin", "http://localhost:2")];
        assert!(foreign(&other_port, true));
    }
}
