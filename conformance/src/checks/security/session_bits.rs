//! Long enough that nobody guesses it.

use super::issued_ids;
use crate::check::{Area, Check, Level, Meta, Need, Revisions, Stop, Verdict};
use crate::context::Context;
use crate::page;

page! {
    /// Session ids have enough chance in them
    ///
    /// # What it checks
    /// Twenty sessions are opened and ended again. At least 64 bits should vary between their ids, counted by the
    /// positions that vary and the letters that stand there. Signed tokens pass. A server that issues no session id is
    /// not concerned.
    ///
    /// # Why it matters
    /// An id that is random and short can be found by trying.
    ///
    /// # How to fix it
    /// Make ids of at least 128 random bits: a UUID of version 4 is one.
    ///
    /// # Reference
    /// MCP 2025-11-25, Transports, "Session Management".
    pub struct SessionBits;
}

const META: Meta = Meta {
    id: "session-id-bits",
    requirements: &["mcp-session-id-secure"],
    level: Level::Should,
    area: Area::Security,
    needs: &[Need::ValidToken],
    revisions: Revisions::Initialize,
    follows_from: &["session-predictable"],
    ..Meta::CALM
};

const ENOUGH: u32 = 64;

impl Check for SessionBits {
    fn meta(&self) -> &'static Meta {
        &META
    }

    async fn run(&self, cx: &Context) -> Verdict {
        let ids = issued_ids(cx).await?;
        let bits = varying_bits(&ids);
        if bits < ENOUGH {
            return Err(Stop::violation(format!("at least {ENOUGH} bits that vary"), format!("about {bits}")));
        }
        Ok(())
    }
}

/// About how many bits vary between these ids.
fn varying_bits(ids: &[String]) -> u32 {
    let shortest = ids.iter().map(String::len).min().unwrap_or_default();
    let varying: Vec<Vec<u8>> = (0..shortest)
        .map(|at| ids.iter().filter_map(|id| id.as_bytes().get(at).copied()).collect::<Vec<_>>())
        .filter(|letters| letters.windows(2).any(|pair| pair[0] != pair[1]))
        .collect();
    let all = |is: fn(&u8) -> bool| varying.iter().flatten().all(is);
    // Tenths of a bit, so that a letter of ten is worth more than three.
    let tenths = if all(u8::is_ascii_digit) {
        33
    } else if all(u8::is_ascii_hexdigit) {
        40
    } else if all(|letter| !letter.is_ascii_uppercase()) {
        51
    } else {
        60
    };
    u32::try_from(varying.len()).unwrap_or(u32::MAX / 100) * tenths / 10
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(id: impl Fn(u64) -> String) -> u32 {
        varying_bits(&(1..=20).map(id).collect::<Vec<_>>())
    }

    #[test]
    fn chance_is_told_from_a_counter_and_from_too_little_of_it() {
        let random = |n: u64| n.wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(17).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        assert!(of(|n| format!("{:016x}", random(n))) >= ENOUGH);
        assert!(
            of(|n| format!("{:08x}-aaaa-4000-8000-{:08x}", random(n) >> 32, random(n) >> 16 & 0xffff_ffff)) >= ENOUGH
        );
        assert!(of(|n| format!("{:08x}", random(n) >> 32)) < ENOUGH);
        assert!(of(|n| format!("session-{n:04}")) < ENOUGH);
    }
}
