//! Nobody answers.

use crate::check::{Area, Check, Disturbs, Level, Meta, Need, Revisions, Verdict};
use crate::context::Context;
use crate::outage::Failure;
use crate::page;

page! {
    /// While its zone's keys do not come the server refuses what it cannot verify
    ///
    /// # What it checks
    /// The zone's key set comes later than --timeout. A forged token, which names a key that the server cannot know, is
    /// sent until the zone's log shows that the server asked for keys, and once more 12 s later where it was refused at
    /// once, before the server could know. It must not be served. Afterwards the accepted token must work again.
    ///
    /// # Why it matters
    /// Where the wait ends in an exception that nobody thought of, what follows decides who gets in.
    ///
    /// # How to fix it
    /// Bound the fetch in time, and treat its end as a refusal: 503 with Retry-After, or 401.
    ///
    /// # Reference
    /// OAuth 2.1 section 5.2; RFC 9068 section 4.
    pub struct KeysSlow;
}

const META: Meta = Meta {
    id: "jwks-slow",
    requirements: &["rfc9068-4-jwks-outage-fails-closed"],
    level: Level::Must,
    area: Area::Keys,
    needs: &[Need::ZoneControl, Need::FaultInjection],
    revisions: Revisions::Once,
    disturbs: Disturbs::Outage(Failure::Slow),
    follows_from: &["garbage-token", "foreign-signature"],
    ..Meta::CALM
};

impl Check for KeysSlow {
    fn meta(&self) -> &'static Meta {
        &META
    }

    async fn run(&self, cx: &Context) -> Verdict {
        cx.outage(Failure::Slow).await?.expect_refused()
    }
}
