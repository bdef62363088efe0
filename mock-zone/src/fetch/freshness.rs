//! How long an answer may be kept, by its own headers (RFC 9111).

use std::time::Duration;

use reqwest::header::{AGE, CACHE_CONTROL, HeaderMap};

/// Seconds of freshness: what is left of `max-age`, nothing where storing is forbidden, `None` where nothing is said.
pub(super) fn lifetime(headers: &HeaderMap) -> Option<Duration> {
    let values = headers.get_all(CACHE_CONTROL).iter().filter_map(|value| value.to_str().ok());
    let directives = values.flat_map(|value| value.split(',')).map(str::trim);
    let mut lifetime = None;
    for directive in directives {
        let (name, value) = directive.split_once('=').unwrap_or((directive, ""));
        if ["no-store", "no-cache"].iter().any(|forbids| name.eq_ignore_ascii_case(forbids)) {
            return Some(Duration::ZERO);
        }
        if name.eq_ignore_ascii_case("max-age") {
            // RFC 9111 section 4.2.1: what is no number, or comes twice, is best treated as stale.
            let seconds = value.trim_matches('"').parse().unwrap_or(0);
            lifetime = Some(lifetime.map_or(seconds, |other: u64| other.min(seconds)));
        }
    }
    let age = headers.get(AGE).and_then(|age| age.to_str().ok()?.trim().parse().ok()).unwrap_or(0);
    lifetime.map(|seconds| Duration::from_secs(seconds.saturating_sub(age)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seconds(headers: &[(&'static str, &'static str)]) -> Option<u64> {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(*name, value.parse().unwrap());
        }
        lifetime(&map).map(|lifetime| lifetime.as_secs())
    }

    #[test]
    fn an_answer_says_how_long_it_is_fresh() {
        assert_eq!(seconds(&[]), None);
        assert_eq!(seconds(&[("cache-control", "public")]), None);
        assert_eq!(seconds(&[("cache-control", "public, Max-Age=60")]), Some(60));
        assert_eq!(seconds(&[("cache-control", "max-age=\"60\""), ("age", "20")]), Some(40));
        assert_eq!(seconds(&[("cache-control", "max-age=60, max-age=5")]), Some(5));
        assert_eq!(seconds(&[("cache-control", "max-age=60"), ("cache-control", "no-store")]), Some(0));
        assert_eq!(seconds(&[("cache-control", "no-cache")]), Some(0));
        assert_eq!(seconds(&[("cache-control", "max-age=-1")]), Some(0));
        assert_eq!(seconds(&[("cache-control", "max-age=1"), ("age", "99")]), Some(0));
    }
}
