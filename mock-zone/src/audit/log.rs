//! The order of events, and reading them back page by page.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde::Serialize;

use super::event::{Draft, Event, EventName};
use crate::ports::Ports;
use crate::zone::identifiers;

/// A zone's events, the newest `limit` of them.
pub(crate) struct AuditLog {
    zone_id: String,
    limit: usize,
    ring: Mutex<Ring>,
}

struct Ring {
    events: VecDeque<Arc<Event>>,
    /// The sequence of the newest event ever recorded. It survives a reset, so a reader's place stays valid.
    last: u64,
}

/// Which events a reader wants.
#[derive(Debug, Default)]
pub(crate) struct EventFilter {
    pub(crate) after: u64,
    pub(crate) limit: usize,
    pub(crate) event: Option<EventName>,
    pub(crate) client_id: Option<String>,
    pub(crate) correlation_id: Option<String>,
}

/// One page of events. Asking again with `after=last` continues without a gap and without a repetition.
#[derive(Debug, Serialize)]
pub(crate) struct EventPage {
    pub(crate) events: Vec<Arc<Event>>,
    pub(crate) last: u64,
}

impl AuditLog {
    pub(crate) fn new(zone_id: &str, limit: usize) -> Self {
        Self {
            zone_id: zone_id.to_owned(),
            limit: limit.max(1),
            ring: Mutex::new(Ring { events: VecDeque::new(), last: 0 }),
        }
    }

    /// Gives the event its place. It is readable when this returns.
    pub(crate) fn record(&self, ports: &Ports, draft: Draft) {
        let id = identifiers::draw(&*ports.entropy);
        let mut ring = self.ring();
        ring.last += 1;
        // The clock is read under the lock, so that times never run against the order.
        let event = draft.place(id, ring.last, ports.clock.now(), &self.zone_id);
        tracing::info!(
            event = event.name.as_str(),
            reason = event.reason,
            sequence = event.sequence,
            "{}",
            event.message
        );
        if ring.events.len() == self.limit {
            ring.events.pop_front();
        }
        ring.events.push_back(Arc::new(event));
    }

    pub(crate) fn page(&self, filter: &EventFilter) -> EventPage {
        let ring = self.ring();
        let start = ring.events.partition_point(|event| event.sequence <= filter.after);
        let mut wanted = ring.events.range(start..).filter(|event| {
            filter.event.is_none_or(|name| event.name == name)
                && filter.client_id.as_deref().is_none_or(|id| event.client_id() == Some(id))
                && filter.correlation_id.as_deref().is_none_or(|id| event.correlation_id == id)
        });
        let events: Vec<_> = wanted.by_ref().take(filter.limit).cloned().collect();
        let last = match (wanted.next(), events.last()) {
            (Some(_), Some(event)) => event.sequence,
            (Some(_), None) => filter.after,
            (None, _) => ring.last,
        };
        EventPage { events, last }
    }

    pub(crate) fn clear(&self) {
        self.ring().events.clear();
    }

    // A thread that panicked under this lock had not changed the ring yet, or had finished.
    fn ring(&self) -> MutexGuard<'_, Ring> {
        self.ring.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::Source;

    fn draft(correlation_id: &str) -> Draft {
        Draft::new(EventName::UsersAuthorize, correlation_id.to_owned(), Source::default())
    }

    fn sequences(page: &EventPage) -> Vec<u64> {
        page.events.iter().map(|event| event.sequence).collect()
    }

    #[test]
    fn pages_follow_each_other_without_gap_or_repetition() {
        let log = AuditLog::new("z", 100);
        for n in 0..5 {
            log.record(&Ports::system(), draft(if n % 2 == 0 { "a" } else { "b" }));
        }

        let first = log.page(&EventFilter { limit: 2, ..EventFilter::default() });
        assert_eq!((sequences(&first), first.last), (vec![1, 2], 2));
        let rest = log.page(&EventFilter { after: first.last, limit: 10, ..EventFilter::default() });
        assert_eq!((sequences(&rest), rest.last), (vec![3, 4, 5], 5));
        let filtered =
            log.page(&EventFilter { limit: 10, correlation_id: Some("a".to_owned()), ..EventFilter::default() });
        assert_eq!((sequences(&filtered), filtered.last), (vec![1, 3, 5], 5));
    }

    #[test]
    fn the_ring_is_bounded_and_a_reset_keeps_the_place() {
        let log = AuditLog::new("z", 3);
        for _ in 0..10 {
            log.record(&Ports::system(), draft("a"));
        }
        let all = EventFilter { limit: 100, ..EventFilter::default() };
        assert_eq!(sequences(&log.page(&all)), [8, 9, 10]);

        log.clear();
        log.record(&Ports::system(), draft("a"));
        assert_eq!(sequences(&log.page(&all)), [11]);
    }
}
