//! Clocks differ, but not by that much.

use crate::check::{Area, Check, Level, Meta, Need, Revisions, Stop, Verdict};
use crate::context::Context;
use crate::page;

page! {
    /// The leeway for clocks is at most five minutes
    ///
    /// # What it checks
    /// Tokens that ended so many seconds ago find out how long after its `exp` a token is still served. The figure is
    /// reported; more than five minutes is worth a remark.
    ///
    /// # Why it matters
    /// Each second of leeway is a second in which a stolen token still works.
    ///
    /// # How to fix it
    /// Clocks that are kept by NTP differ by milliseconds; a minute is plenty.
    ///
    /// # Reference
    /// RFC 9068 section 4; RFC 7519 section 4.1.4.
    pub struct ExpLeeway;
}

const META: Meta = Meta {
    id: "exp-leeway",
    requirements: &["rfc9068-4-exp-leeway"],
    level: Level::May,
    area: Area::TokenValidation,
    needs: &[Need::ZoneControl],
    revisions: Revisions::Once,
    follows_from: &["garbage-token", "expired-token"],
    ..Meta::CALM
};

impl Check for ExpLeeway {
    fn meta(&self) -> &'static Meta {
        &META
    }

    async fn run(&self, cx: &Context) -> Verdict {
        match cx.leeway().await? {
            Some(seconds) if seconds <= USUAL_AT_MOST => {
                cx.remark(format!("a token is refused {seconds} s after its exp"));
                Ok(())
            }
            Some(seconds) => {
                Err(Stop::violation("refused within 5 minutes of its exp", format!("served for {seconds} s")))
            }
            None => Err(Stop::violation("refused within 5 minutes of its exp", "still served after ten minutes")),
        }
    }
}

/// A few minutes, in seconds.
const USUAL_AT_MOST: i64 = 300;
