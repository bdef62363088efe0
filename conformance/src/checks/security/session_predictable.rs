//! The next number is the next user's.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::alphabet;
use base64::engine::general_purpose::{GeneralPurpose, NO_PAD};
use openssl::hash::{self, MessageDigest};

use super::{SESSIONS, issued_ids};
use crate::check::{Area, Check, Level, Meta, Need, Revisions, Stop, Verdict};
use crate::context::Context;
use crate::page;

page! {
    /// Session ids cannot be foretold
    ///
    /// # What it checks
    /// Twenty sessions are opened and ended again. No id may come twice, and the ids may not be a counter or the time:
    /// numbers, decimal, hexadecimal or to the base 36, that only grow or only fall, and by no more than other sessions or
    /// the clock explain, as they are or in base64, with the same text around each. Nor may they be the MD5, SHA-1 or SHA-256
    /// of a number below ten thousand. A hash of more than that is not seen through. A server that issues no session id is
    /// not concerned.
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
/// Below this are the numbers whose hashes are known again, and this far apart those of two ids in a row.
const HASHED: u32 = 10_000;
const NEARBY: u32 = 100;

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
    if ids.len() < SESSIONS {
        return None;
    }
    let decoded: Option<Vec<_>> = ids.iter().map(|id| decoded(id)).collect();
    let hex = decoded.as_ref().map(|ids| ids.iter().map(|bytes| hex(bytes)).collect::<Vec<_>>());
    let text: Option<Vec<_>> = decoded.and_then(|ids| ids.into_iter().map(|id| String::from_utf8(id).ok()).collect());
    for ids in [Some(ids), text.as_deref(), hex.as_deref()].into_iter().flatten() {
        if counts(ids, within) {
            return Some("numbers that only grow or only fall, no faster than a counter or the clock");
        }
        if hashes_numbers(ids) {
            return Some("hashes of small numbers");
        }
    }
    None
}

/// The bytes of a text in base64 of either alphabet.
fn decoded(id: &str) -> Option<Vec<u8>> {
    let plain = id.trim_end_matches('=').replace('+', "-").replace('/', "_");
    LENIENT.decode(plain).ok()
}

const LENIENT: GeneralPurpose = GeneralPurpose::new(&alphabet::URL_SAFE, NO_PAD.with_decode_allow_trailing_bits(true));

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Whether these are a counter or the time, the same text around each.
fn counts(ids: &[String], within: Duration) -> bool {
    let Some(first) = ids.first() else { return false };
    let same = |at: usize, from_end: bool| {
        let at_same = |id: &str| id.as_bytes().get(if from_end { id.len().checked_sub(at + 1)? } else { at }).copied();
        ids.iter().all(|id| at_same(id).is_some() && at_same(id) == at_same(first))
    };
    let prefix = (0..first.len()).take_while(|at| same(*at, false)).count();
    let shortest = ids.iter().map(String::len).min().unwrap_or_default();
    let suffix = (0..shortest - prefix).take_while(|at| same(*at, true)).count();
    [10, 16, 36].into_iter().any(|radix| {
        // Of numbers of different lengths a digit in front that all have is worth more in the longer ones.
        let digits =
            first.as_bytes()[..prefix].iter().rev().take_while(|byte| char::from(**byte).is_digit(radix)).count();
        let prefix = if ids.iter().all(|id| id.len() == first.len()) { prefix } else { prefix - digits };
        let numbers = ids.iter().map(|id| {
            let varying = id.get(prefix..id.len().saturating_sub(suffix)).unwrap_or_default().replace('-', "");
            u128::from_str_radix(&varying, radix).ok()
        });
        let Some(numbers) = numbers.collect::<Option<Vec<_>>>() else { return false };
        let one_way = numbers.is_sorted_by(|one, next| one < next) || numbers.is_sorted_by(|one, next| one > next);
        let reach = numbers.last().zip(numbers.first()).map_or(0, |(last, first)| last.abs_diff(*first));
        one_way && reach <= (STEP * ids.len() as u128).max(within.as_nanos())
    })
}

/// Whether these end with the hexadecimal hashes of numbers, one near the other, below [`HASHED`].
fn hashes_numbers(ids: &[String]) -> bool {
    let [first, second, ..] = ids else { return false };
    let digests = [(32, MessageDigest::md5()), (40, MessageDigest::sha1()), (64, MessageDigest::sha256())];
    digests.into_iter().any(|(digits, digest)| {
        let (Some(first), Some(second)) = (hash_in(first, digits), hash_in(second, digits)) else { return false };
        let hashed = |number: u32| hash::hash(digest, number.to_string().as_bytes());
        let found = (0..HASHED).find(|number| hashed(*number).is_ok_and(|bytes| *bytes == *first));
        found.is_some_and(|number| {
            let mut near = number.saturating_sub(NEARBY)..=number.saturating_add(NEARBY);
            near.any(|number| hashed(number).is_ok_and(|bytes| *bytes == *second))
        })
    })
}

/// The bytes of so many hexadecimal digits, no more and no fewer, at the end of an id that may be written as a UUID.
fn hash_in(id: &str, digits: usize) -> Option<Vec<u8>> {
    let tail = |id: &str| id.rsplit(|letter: char| !letter.is_ascii_hexdigit()).next().map(str::to_owned);
    let mut tails = [tail(id), tail(&id.replace('-', ""))].into_iter().flatten();
    let tail = tails.find(|tail| tail.len() == digits)?;
    (0..digits).step_by(2).map(|at| u8::from_str_radix(tail.get(at..at + 2)?, 16).ok()).collect()
}

#[cfg(test)]
mod tests {
    use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};

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
    fn counters_that_fall_or_have_a_digit_in_common_are_foretold() {
        assert!(of(|n| format!("{}", 1_000_000 - n)).is_some());
        assert!(of(|n| format!("{:08x}.end", 0x1000_0000 - 7 * n)).is_some());
        // 19 is followed by 100.
        assert!(of(|n| format!("cart-{}", if n < 10 { 10 + n } else { 90 + n })).is_some());
        // To the base 36: az, b0, b1.
        let digit = |n: u64| char::from_digit(u32::try_from(n % 36).expect("small"), 36).expect("a digit");
        assert!(of(|n| format!("s_{}{}", digit((375 + n) / 36), digit(375 + n))).is_some());
    }

    #[test]
    fn counters_in_base64_are_foretold() {
        for engine in [&STANDARD, &URL_SAFE_NO_PAD] {
            assert!(of(|n| engine.encode(format!("Cart:{}", 95 + n))).is_some());
            assert!(of(|n| engine.encode(format!("\u{fc}?~{}", 95 + n))).is_some());
            assert!(of(|n| engine.encode((0xffff_fff0 + n).to_be_bytes())).is_some());
        }
    }

    #[test]
    fn hashes_of_small_numbers_are_foretold() {
        let hashed = |digest, n: u64| hex(&hash::hash(digest, (900 + 2 * n).to_string().as_bytes()).expect("a hash"));
        for digest in [MessageDigest::md5(), MessageDigest::sha1(), MessageDigest::sha256()] {
            assert!(of(|n| hashed(digest, n)).is_some());
            assert!(of(|n| format!("handle-{}", hashed(digest, n).to_uppercase())).is_some());
        }
        let uuid = |n| {
            let plain = hashed(MessageDigest::md5(), n);
            format!("{}-{}-{}-{}-{}", &plain[..8], &plain[8..12], &plain[12..16], &plain[16..20], &plain[20..])
        };
        assert!(of(uuid).is_some());
        assert!(
            of(|n| URL_SAFE_NO_PAD
                .encode(hash::hash(MessageDigest::sha256(), n.to_string().as_bytes()).expect("a hash")))
            .is_some()
        );
        assert_eq!(of(|n| hashed(MessageDigest::sha256(), n + u64::from(HASHED))), None);
    }

    #[test]
    fn what_is_random_is_not() {
        let random = |n: u64| n.wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(17).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        assert_eq!(of(|n| format!("{:016x}", random(n))), None);
        assert_eq!(of(|n| format!("{:016x}{:016x}", random(n), random(n + 99))), None);
        assert_eq!(of(|n| URL_SAFE_NO_PAD.encode(random(n).to_be_bytes())), None);
        assert_eq!(of(|n| URL_SAFE_NO_PAD.encode(format!("Cart:{}:{}", n, random(n)))), None);
        // A UUID of version 7: time, then chance.
        assert_eq!(of(|n| format!("018f0000-{:04x}-7000-8000-{:012x}", n, random(n) >> 16)), None);
    }
}
