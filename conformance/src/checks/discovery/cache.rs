//! How long the world goes on with an old document.

use super::documents;

use crate::check::{Area, Check, Level, Meta, Revisions, Stop, Verdict};
use crate::context::Context;
use crate::page;
use crate::reply::Reply;

page! {
    /// The metadata says how long it may be cached
    ///
    /// # What it checks
    /// Whether each document comes with `Cache-Control`, and whether its `max-age` is a day at most. This is
    /// reported and never a finding.
    ///
    /// # Why it matters
    /// Without the header each client guesses. With a long `max-age`, clients go on asking an authorization
    /// server that you have moved away from.
    ///
    /// # How to fix it
    /// Send `Cache-Control: max-age=3600` or so.
    ///
    /// # Reference
    /// RFC 9728 section 7.10; RFC 9111 section 5.2.
    pub struct MetadataCache;
}

const META: Meta = Meta {
    id: "metadata-cache",
    requirements: &["rfc9728-7.10-cache-control"],
    level: Level::May,
    area: Area::Discovery,
    revisions: Revisions::Once,
    ..Meta::CALM
};

impl Check for MetadataCache {
    fn meta(&self) -> &'static Meta {
        &META
    }

    async fn run(&self, cx: &Context) -> Verdict {
        for (place, _) in documents(cx.discovery())? {
            let Some(value) = place.reply.as_ref().ok().and_then(cache_control) else {
                return Err(Stop::violation("Cache-Control", format!("none from {}", place.url)));
            };
            if let Some(seconds) = max_age(&value).filter(|age| *age > DAY) {
                let actual = format!("{seconds} seconds from {}", place.url);
                return Err(Stop::violation("a max-age of a day at most", actual));
            }
        }
        Ok(())
    }
}

const DAY: u64 = 24 * 60 * 60;

/// All fields as one value (RFC 9110 section 5.3).
fn cache_control(reply: &Reply) -> Option<String> {
    let values: Vec<_> = reply.headers.get_all("cache-control").iter().filter_map(|v| v.to_str().ok()).collect();
    (!values.is_empty()).then(|| values.join(","))
}

fn max_age(value: &str) -> Option<u64> {
    value.split(',').find_map(|directive| {
        let (name, seconds) = directive.split_once('=')?;
        let seconds = seconds.trim().trim_matches('"');
        name.trim().eq_ignore_ascii_case("max-age").then(|| seconds.parse().ok())?
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn max_age_is_found_among_other_directives() {
        assert_eq!(max_age("public, Max-Age=3600"), Some(3600));
        assert_eq!(max_age("s-maxage=9, max-age=\"60\""), Some(60));
        assert_eq!(max_age("no-store"), None);
        assert_eq!(max_age("max-age=soon"), None);
    }
}
