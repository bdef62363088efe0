//! The zone's clock: the one it was given, until the control plane sets it, stops it or moves it.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde::Serialize;

use crate::ports::Clock;

/// The earliest and the latest second that the clock can be set to: the years 1970 to 9998. Lifetimes reach beyond it.
const SECONDS: std::ops::RangeInclusive<i64> = 0..=253_370_764_799;

/// The clock that everything in the zone reads.
pub(crate) struct ControlledClock {
    /// The clock that the zone was given.
    source: Arc<dyn Clock>,
    setting: Mutex<Setting>,
}

#[derive(Clone, Copy)]
enum Setting {
    /// It runs, so far ahead of the source.
    Runs(SignedDuration),
    Stopped(Timestamp),
}

/// What the zone's clock shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct ClockReading {
    /// The zone's time.
    pub now: Timestamp,
    /// Whether it stands still.
    pub frozen: bool,
    /// How far it is ahead of the clock that the zone was given, in milliseconds; negative where it is behind.
    pub ahead_ms: i64,
    /// How far the change at hand moved it, in milliseconds; negative where time went back.
    pub moved_ms: i64,
}

/// The clock was told a time that it cannot show.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the clock must be from 1970-01-01T00:00:00Z to 9998-12-31T23:59:59Z")]
pub(crate) struct OutOfRange;

impl ControlledClock {
    pub(crate) fn new(source: Arc<dyn Clock>) -> Self {
        Self { source, setting: Mutex::new(Setting::Runs(SignedDuration::ZERO)) }
    }

    pub(crate) fn read(&self) -> ClockReading {
        let setting = self.setting();
        reading(*setting, self.source.now(), None)
    }

    /// Sets the time, and whether it stands still; what is not given stays as it is.
    pub(crate) fn set(&self, now: Option<Timestamp>, frozen: Option<bool>) -> Result<ClockReading, OutOfRange> {
        self.change(|shown, was_frozen| (now.unwrap_or(shown), frozen.unwrap_or(was_frozen)))
    }

    /// Puts the clock forward.
    pub(crate) fn advance(&self, by: Duration) -> Result<ClockReading, OutOfRange> {
        let by = SignedDuration::try_from(by).map_err(|_| OutOfRange)?;
        self.change(|shown, frozen| (shown.saturating_add(by).unwrap_or(Timestamp::MAX), frozen))
    }

    /// Back to the clock that the zone was given.
    pub(crate) fn restore(&self) -> ClockReading {
        let mut setting = self.setting();
        let source = self.source.now();
        let before = shown(*setting, source);
        *setting = Setting::Runs(SignedDuration::ZERO);
        reading(*setting, source, Some(before))
    }

    fn change(&self, f: impl FnOnce(Timestamp, bool) -> (Timestamp, bool)) -> Result<ClockReading, OutOfRange> {
        let mut setting = self.setting();
        // Read once: were it read again it might have ticked, and the difference would be off by that.
        let source = self.source.now();
        let before = shown(*setting, source);
        let (now, frozen) = f(before, matches!(*setting, Setting::Stopped(_)));
        if !SECONDS.contains(&now.as_second()) {
            return Err(OutOfRange);
        }
        *setting = if frozen { Setting::Stopped(now) } else { Setting::Runs(now.duration_since(source)) };
        Ok(reading(*setting, source, Some(before)))
    }

    // Each change is one assignment.
    fn setting(&self) -> MutexGuard<'_, Setting> {
        self.setting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn shown(setting: Setting, source: Timestamp) -> Timestamp {
    match setting {
        Setting::Runs(ahead) => {
            let end = if ahead.is_negative() { Timestamp::MIN } else { Timestamp::MAX };
            source.checked_add(ahead).unwrap_or(end)
        }
        Setting::Stopped(at) => at,
    }
}

fn reading(setting: Setting, source: Timestamp, before: Option<Timestamp>) -> ClockReading {
    let now = shown(setting, source);
    let moved_ms = before.map_or(0, |before| millis(now.duration_since(before)));
    if moved_ms < 0 {
        tracing::warn!(%now, moved_ms, "the zone's clock was put back: what had expired may be valid again");
    }
    ClockReading {
        now,
        frozen: matches!(setting, Setting::Stopped(_)),
        ahead_ms: millis(now.duration_since(source)),
        moved_ms,
    }
}

impl Clock for ControlledClock {
    fn now(&self) -> Timestamp {
        let setting = *self.setting();
        shown(setting, self.source.now())
    }
}

fn millis(duration: SignedDuration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Shows what it was told last.
    struct Source(Mutex<Timestamp>);

    impl Clock for Source {
        fn now(&self) -> Timestamp {
            *self.0.lock().unwrap()
        }
    }

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn clock() -> (Arc<Source>, ControlledClock) {
        let source = Arc::new(Source(Mutex::new(at(1000))));
        let clock = ControlledClock::new(Arc::<Source>::clone(&source));
        (source, clock)
    }

    #[test]
    fn it_runs_with_its_source_until_it_is_stopped() {
        let (source, clock) = clock();
        clock.advance(Duration::from_secs(60)).unwrap();
        *source.0.lock().unwrap() = at(1001);
        assert_eq!(clock.now(), at(1061));

        clock.set(None, Some(true)).unwrap();
        *source.0.lock().unwrap() = at(1500);
        assert_eq!(clock.now(), at(1061));
        clock.advance(Duration::from_secs(1)).unwrap();
        assert_eq!((clock.now(), clock.read().frozen), (at(1062), true));

        clock.set(None, Some(false)).unwrap();
        *source.0.lock().unwrap() = at(1501);
        assert_eq!(clock.now(), at(1063));
        clock.restore();
        assert_eq!((clock.now(), clock.read().ahead_ms), (at(1501), 0));
    }

    #[test]
    fn going_back_is_said() {
        let (_, clock) = clock();

        let reading = clock.set(Some(at(400)), None).unwrap();

        assert_eq!((reading.moved_ms, reading.ahead_ms, reading.frozen), (-600_000, -600_000, false));
        assert_eq!(clock.read().moved_ms, 0);
        assert_eq!(clock.restore().moved_ms, 600_000);
    }

    #[test]
    fn a_time_that_nothing_could_outlive_is_refused() {
        let (_, clock) = clock();
        for time in [Timestamp::MIN, at(-1), at(253_370_764_800), Timestamp::MAX] {
            assert_eq!(clock.set(Some(time), None), Err(OutOfRange));
        }
        assert_eq!(clock.advance(Duration::MAX), Err(OutOfRange));
        assert_eq!(clock.advance(Duration::from_secs(300_000_000_000)), Err(OutOfRange));
        assert_eq!(clock.now(), at(1000));
    }
}
