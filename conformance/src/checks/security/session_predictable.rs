//! The next number is the next user's.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use async_trait::async_trait;

use super::{SESSIONS, issued_ids};
use crate::check::{Area, Check, Level, Meta, Need, Revisions, Stop, Verdict};
use crate::context::Context;
use crate::page;

page! {
    /// Session ids cannot be foretold
    ///
    /// # What it checks
    /// Twenty sessions are opened and ended again. No id may come twice, and the ids may not be a counter or the time:
    /// numbers, decimal or hexadecimal, that only grow, and by no more than other sessions or the clock explain. A
    /// server that issues no session id is not concerned.
    ///
    /// # Why it matters
    /// Whoever opens one session knows the ids of those before and after it.
    ///
    /// # How to fix it
    /// Make ids of at least 128 random bits: a UUID of version 4 is one.
    ///
    /// # Reference
    /// MCP Security Best Practices, "Session Hijacking".
    pub struct SessionPredictable;
}

const META: Meta = Meta {
    id: "session-predictable",
    requirements: &["sbp-session-id-nondeterministic"],
    level: Level::Must,
    area: Area::Security,
    needs: &[Need::ValidToken],
    revisions: Revisions::Initialize,
    ..Meta::CALM
};

/// How far a counter may get between two of ours by what others do.
const STEP: u128 = 1000;

#[async_trait]
impl Check for SessionPredictable {
    fn meta(&self) -> &'static Meta {
        &META
    }

    async fn run(&self, cx: &Context) -> Verdict {
        let started = Instant::now();
        let ids = issued_ids(cx).await?;
        match foretold(&ids, started.elapsed()) {
            Some(how) => Err(Stop::violation("session ids that cannot be foretold", how)),
            None => Ok(()),
        }
    }
}

/// How these ids, in the order in which they came within this time, can be foretold, if they can.
pub(crate) fn foretold(ids: &[String], within: Duration) -> Option<&'static str> {
    if ids.iter().collect::<BTreeSet<_>>().len() < ids.len() {
        return Some("an id that came twice");
    }
    let first = ids.first()?;
    let same = |at: usize, from_end: bool| {
        let at_same = |id: &str| id.as_bytes().get(if from_end { id.len().checked_sub(at + 1)? } else { at }).copied();
        ids.iter().all(|id| at_same(id).is_some() && at_same(id) == at_same(first))
    };
    let prefix = (0..first.len()).take_while(|at| same(*at, false)).count();
    let suffix = (0..first.len() - prefix).take_while(|at| same(*at, true)).count();
    for radix in [10, 16] {
        let numbers = ids.iter().map(|id| {
            let varying = id.get(prefix..id.len().saturating_sub(suffix)).unwrap_or_default().replace('-', "");
            u128::from_str_radix(&varying, radix).ok()
        });
        let Some(numbers) = numbers.collect::<Option<Vec<_>>>() else { continue };
        let grows = numbers.windows(2).all(|pair| pair[0] < pair[1]);
        let reach = numbers.last().zip(numbers.first()).map_or(0, |(last, first)| last.saturating_sub(*first));
        let explained = (STEP * ids.len() as u128).max(within.as_nanos());
        if grows && ids.len() >= SESSIONS && reach <= explained {
            return Some("numbers that only grow, no faster than a counter or the clock");
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(id: impl Fn(u64) -> String) -> Option<&'static str> {
        let ids: Vec<_> = (0..20).map(id).collect();
        foretold(&ids, Duration::from_millis(100))
    }

    #[test]
    fn counters_and_clocks_are_foretold() {
        assert!(of(|n| format!("session-{}", 95 + n)).is_some());
        assert!(of(|n| format!("{:08x}", 0xfff0 + 3 * n)).is_some());
        assert!(of(|n| format!("s{}", 1_700_000_000_000_000_000 + n * 5_000_000)).is_some());
        assert!(of(|_| "always".to_owned()).is_some());
        // A UUID of version 1: only its time varies.
        assert!(of(|n| format!("{:08x}-b1c4-11ee-8c90-0242ac120002", 0x1234_5678 + n * 50_000)).is_some());
    }

    #[test]
    fn what_is_random_is_not() {
        let random = |n: u64| n.wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(17).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        assert_eq!(of(|n| format!("{:016x}", random(n))), None);
        // A UUID of version 7: time, then chance.
        assert_eq!(of(|n| format!("018f0000-{:04x}-7000-8000-{:012x}", n, random(n) >> 16)), None);
    }
}
