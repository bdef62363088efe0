//! Documents of others that the zone fetched: kept for as long as their senders say, within bounds.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use serde_json::{Map, Value};

use super::bounded::Bounded;
use super::{Zone, later};
use crate::fetch::{FetchError, Fetched};

/// The most documents kept; each may have 64 KiB.
const MOST: usize = 256;
/// However short a document says that it holds: several requests of one flow need it.
const SHORTEST: Duration = Duration::from_secs(5);
/// Of one that says nothing.
const USUAL: Duration = Duration::from_secs(5 * 60);
/// However long a document says that it holds.
const LONGEST: Duration = Duration::from_secs(24 * 60 * 60);

pub(super) struct Documents(Bounded<String, Kept>);

struct Kept {
    document: Arc<Fetched>,
    fresh_until: Timestamp,
}

impl Documents {
    pub(super) fn new() -> Self {
        Self(Bounded::new(MOST))
    }

    fn fresh(&self, url: &str, now: Timestamp) -> Option<Arc<Fetched>> {
        let kept = self.0.find(url).filter(|kept| kept.fresh_until > now)?;
        Some(Arc::clone(&kept.document))
    }

    fn keep(&mut self, url: &str, kept: Kept) {
        match self.0.find_mut(url) {
            Some(known) => *known = kept,
            None => self.0.insert(url.to_owned(), kept),
        }
    }
}

impl Zone {
    /// What `read` makes of the document at `url`: of the one that is kept, while it is fresh and is `enough`, or else of
    /// one that is fetched. Neither an error nor a document that cannot be used is kept.
    pub(super) async fn document<T, E: From<FetchError>>(
        &self,
        url: &str,
        read: impl Fn(&Map<String, Value>) -> Result<T, E>,
        enough: impl Fn(&T) -> bool,
    ) -> Result<T, E> {
        let kept = self.state().documents.fresh(url, self.now());
        if let Some(kept) = kept
            && let Ok(read) = read(&kept.members()?)
            && enough(&read)
        {
            return Ok(read);
        }
        let document = self.fetcher.fetch(url).await?;
        let read = read(&document.members()?)?;
        let lifetime = document.fresh_for.unwrap_or(USUAL).clamp(SHORTEST, LONGEST);
        let fresh_until = later(self.now(), lifetime);
        self.state().documents.keep(url, Kept { document, fresh_until });
        Ok(read)
    }
}
