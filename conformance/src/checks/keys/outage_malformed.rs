//! Half a document.

use crate::check::{Area, Check, Disturbs, Level, Meta, Need, Revisions, Verdict};
use crate::context::Context;
use crate::outage::Failure;
use crate::page;

page! {
    /// While its zone's key set is cut off the server refuses what it cannot verify
    ///
    /// # What it checks
    /// The zone's key set breaks off in the middle of its JSON, with status 200. A forged token, which names a key that
    /// the server cannot know, is sent until the zone's log shows that the server asked for keys, and once more a moment
    /// later. It must not be served. Afterwards the accepted token must work again.
    ///
    /// # Why it matters
    /// Status 200 makes code believe that it has a key set. What it does with half of one should not be left to chance.
    ///
    /// # How to fix it
    /// Treat what cannot be parsed like no answer.
    ///
    /// # Reference
    /// OAuth 2.1 section 5.2; RFC 9068 section 4.
    pub struct KeysMalformed;
}

const META: Meta = Meta {
    id: "jwks-malformed",
    requirements: &["rfc9068-4-jwks-outage-fails-closed"],
    level: Level::Must,
    area: Area::Keys,
    needs: &[Need::ZoneControl, Need::FaultInjection],
    revisions: Revisions::Once,
    disturbs: Disturbs::Outage(Failure::Malformed),
    follows_from: &["garbage-token", "foreign-signature"],
    ..Meta::CALM
};

impl Check for KeysMalformed {
    fn meta(&self) -> &'static Meta {
        &META
    }

    async fn run(&self, cx: &Context) -> Verdict {
        cx.outage(Failure::Malformed).await?.expect_refused()
    }
}
