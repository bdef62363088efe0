//! When nobody can say which keys are right, none is.

use crate::check::{Area, Check, Disturbs, Level, Meta, Need, Revisions, Verdict};
use crate::context::Context;
use crate::outage::Failure;
use crate::page;

page! {
    /// Without its zone's keys the server refuses what it cannot verify
    ///
    /// # What it checks
    /// The zone's key set answers 500. A forged token, which names a key that the server cannot know, is sent until the
    /// zone's log shows that the server asked for keys, and once more a moment later. It must not be served. Afterwards
    /// the accepted token must work again.
    ///
    /// # Why it matters
    /// A server that lets requests pass while it cannot verify them is open whenever somebody manages to disturb its
    /// zone.
    ///
    /// # How to fix it
    /// Treat an error on the way to a key as a refusal: 503 with Retry-After, or 401.
    ///
    /// # Reference
    /// OAuth 2.1 section 5.2; RFC 9068 section 4.
    pub struct KeysOutage;
}

const META: Meta = Meta {
    id: "jwks-outage",
    requirements: &["rfc9068-4-jwks-outage-fails-closed"],
    level: Level::Must,
    area: Area::Keys,
    needs: &[Need::ZoneControl, Need::FaultInjection],
    revisions: Revisions::Once,
    disturbs: Disturbs::Outage(Failure::Status),
    follows_from: &["garbage-token", "foreign-signature"],
    ..Meta::CALM
};

impl Check for KeysOutage {
    fn meta(&self) -> &'static Meta {
        &META
    }

    async fn run(&self, cx: &Context) -> Verdict {
        cx.outage(Failure::Status).await?.expect_refused()
    }
}
