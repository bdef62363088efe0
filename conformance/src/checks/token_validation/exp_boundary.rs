//! A token ends while it is in use.

use jiff::Timestamp;
use std::time::Duration;

use crate::check::{Area, Check, Level, Meta, Need, Stop, Verdict};
use crate::context::Context;
use crate::page;
use crate::reply::Outcome;

page! {
    /// A token that was served is refused once it has ended
    ///
    /// # What it checks
    /// The zone signs the accepted token so that it ends, with the leeway that was measured before, within two seconds.
    /// It is used at once, which must be served, and again in the same session and connection when it has ended, which
    /// must be refused.
    ///
    /// # Why it matters
    /// A server that remembers which tokens were good, or checks a session once, serves them for as long as it
    /// remembers.
    ///
    /// # How to fix it
    /// Check `exp` on every request. A cache of verified tokens must forget each one at its `exp`.
    ///
    /// # Reference
    /// RFC 7519 section 4.1.4; OAuth 2.1 section 5.2.
    pub struct ExpBoundary;
}

const META: Meta = Meta {
    id: "exp-boundary",
    requirements: &["rfc7519-4.1.4-exp-boundary"],
    level: Level::Must,
    area: Area::TokenValidation,
    needs: &[Need::ZoneControl],
    follows_from: &["garbage-token", "expired-token"],
    ..Meta::CALM
};

impl Check for ExpBoundary {
    fn meta(&self) -> &'static Meta {
        &META
    }

    async fn run(&self, cx: &Context) -> Verdict {
        let Some(leeway) = cx.leeway().await? else {
            return Err(Stop::not_applicable("no end is seen within ten minutes of exp, which expired-token judges"));
        };
        let token = cx.accepted_token().await?;
        let mut before = String::new();
        for _ in 0..TRIES {
            let ends_at = end_in_sight();
            let ending = cx.sign(&token.but(|t| t.claim("exp", ends_at - leeway)), "token about to end").await?;
            let first = cx.call(&ending, "a token that is about to end (control)").await?;
            if first.outcome() != Outcome::Served {
                before = first.describe(); // its second was over, perhaps
                continue;
            }
            let mut last = String::new();
            for after_ms in [SOON_MS, SOON_MS + 1000, SOON_MS + 2000] {
                until(ends_at * 1000 + after_ms).await;
                let reply = cx.call(&ending, "the same token after its end").await?;
                match reply.expect_refused() {
                    Err(Stop::Violation { actual, .. }) => last = actual,
                    other => return other,
                }
            }
            return Err(Stop::violation("401 once the token has ended", last));
        }
        Err(Stop::inconclusive(format!("a token with a second to live got {before}")))
    }
}

/// How often a token is made anew because it ended before it was used.
const TRIES: usize = 3;

/// Milliseconds that a token must have left to be used before its end.
const ENOUGH_MS: i64 = 300;

/// Milliseconds after its end at which it is used again: clocks tick in steps.
const SOON_MS: i64 = 100;

/// The next full second, in seconds since 1970, that is far enough away to use a token before.
fn end_in_sight() -> i64 {
    (Timestamp::now().as_millisecond() + ENOUGH_MS) / 1000 + 1
}

async fn until(at_ms: i64) {
    let left = at_ms - Timestamp::now().as_millisecond();
    tokio::time::sleep(Duration::from_millis(u64::try_from(left).unwrap_or(0))).await;
}
