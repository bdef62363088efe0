//! What a run waits for just now, so that whoever watches it can be told: minutes of silence look like a hang.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// From here on a wait is worth showing where a bar moves.
const NOTICEABLE: Duration = Duration::from_secs(1);

/// From here on a wait is worth a line where nothing else shows that the run goes on.
const LONG: Duration = Duration::from_secs(10);

/// The waits of one run that have begun and not ended.
#[derive(Debug, Default)]
pub struct Waiting(Mutex<Board>);

#[derive(Debug, Default)]
struct Board {
    going_on: BTreeMap<u64, Wait>,
    begun: u64,
    /// What a line was written for; one for each thing that is waited for is enough.
    told: BTreeSet<&'static str>,
}

#[derive(Debug)]
struct Wait {
    what: &'static str,
    at_most: Option<Duration>,
    since: Instant,
}

/// A wait that goes on until this is dropped.
#[derive(Debug)]
#[must_use = "the wait ends when this is dropped"]
pub struct Begun {
    waiting: Arc<Waiting>,
    number: u64,
}

impl Waiting {
    /// A wait begins: for what, in words that follow "waiting for", and how long it may take, where there is a bound.
    pub fn begin(self: &Arc<Self>, what: &'static str, at_most: Option<Duration>) -> Begun {
        let mut waits = self.waits();
        let number = waits.begun;
        waits.begun += 1;
        waits.going_on.insert(number, Wait { what, at_most, since: Instant::now() });
        Begun { waiting: Arc::clone(self), number }
    }

    /// What has been waited for longest, if anything for long enough to be noticed.
    pub fn longest(&self, now: Instant) -> Option<String> {
        let waits = self.waits();
        let noticed = waits.going_on.values().filter(|wait| wait.lasted(now) >= NOTICEABLE);
        noticed.min_by_key(|wait| wait.since).map(Wait::describe)
    }

    /// The waits that have become long; each thing that is waited for is named once in a run.
    pub fn became_long(&self, now: Instant) -> Vec<String> {
        let mut waits = self.waits();
        let Board { going_on, told, .. } = &mut *waits;
        let long = going_on.values().filter(|wait| wait.lasted(now) >= LONG);
        long.filter(|wait| told.insert(wait.what)).map(Wait::describe).collect()
    }

    fn waits(&self) -> MutexGuard<'_, Board> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Wait {
    fn lasted(&self, now: Instant) -> Duration {
        now.saturating_duration_since(self.since)
    }

    fn describe(&self) -> String {
        match self.at_most {
            Some(bound) => format!("waiting for {}, up to {} s", self.what, bound.as_secs()),
            None => format!("waiting for {}", self.what),
        }
    }
}

impl Drop for Begun {
    fn drop(&mut self) {
        self.waiting.waits().going_on.remove(&self.number);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wait_is_shown_once_it_is_noticed_and_told_of_once() {
        let waiting = Arc::new(Waiting::default());
        let keys = waiting.begin("the server to take up new keys", Some(Duration::from_secs(300)));
        let again = waiting.begin("the server to take up new keys", Some(Duration::from_secs(300)));
        let begun = Instant::now();
        assert_eq!(waiting.longest(begun), None);
        let shown = "waiting for the server to take up new keys, up to 300 s";
        assert_eq!(waiting.longest(begun + NOTICEABLE).as_deref(), Some(shown));
        assert!(waiting.became_long(begun + NOTICEABLE).is_empty());
        assert_eq!(waiting.became_long(begun + LONG), [shown]);
        assert!(waiting.became_long(begun + LONG * 2).is_empty());
        drop((keys, again));
        assert_eq!(waiting.longest(begun + LONG), None);
    }

    #[test]
    fn what_has_no_bound_is_given_none() {
        let waiting = Arc::new(Waiting::default());
        let _begun = waiting.begin("the server's first answers", None);
        assert_eq!(waiting.became_long(Instant::now() + LONG), ["waiting for the server's first answers"]);
    }
}
