//! The line goes dead.

use crate::check::{Area, Check, Disturbs, Level, Meta, Need, Revisions, Verdict};
use crate::context::Context;
use crate::outage::Failure;
use crate::page;

page! {
    /// While its zone closes the connection the server refuses what it cannot verify
    ///
    /// # What it checks
    /// The zone closes the connection when its key set is asked for. A forged token, which names a key that the server
    /// cannot know, is sent until the zone's log shows that the server asked for keys, and once more a moment later. It
    /// must not be served. Afterwards the accepted token must work again.
    ///
    /// # Why it matters
    /// An error of the network takes another way through the code than an answer, and both must end in a refusal.
    ///
    /// # How to fix it
    /// Treat every error on the way to a key alike: 503 with Retry-After, or 401.
    ///
    /// # Reference
    /// OAuth 2.1 section 5.2; RFC 9068 section 4.
    pub struct KeysClosed;
}

const META: Meta = Meta {
    id: "jwks-closed",
    requirements: &["rfc9068-4-jwks-outage-fails-closed"],
    level: Level::Must,
    area: Area::Keys,
    needs: &[Need::ZoneControl, Need::FaultInjection],
    revisions: Revisions::Once,
    disturbs: Disturbs::Outage(Failure::Closed),
    follows_from: &["garbage-token", "foreign-signature"],
    ..Meta::CALM
};

impl Check for KeysClosed {
    fn meta(&self) -> &'static Meta {
        &META
    }

    async fn run(&self, cx: &Context) -> Verdict {
        cx.outage(Failure::Closed).await?.expect_refused()
    }
}
