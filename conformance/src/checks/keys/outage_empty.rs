//! No key is no permission.

use crate::check::{Area, Check, Disturbs, Level, Meta, Need, Revisions, Verdict};
use crate::context::Context;
use crate::outage::Failure;
use crate::page;

page! {
    /// While its zone's key set is empty the server refuses every token that it cannot verify
    ///
    /// # What it checks
    /// The zone's key set is a proper one without a key. A forged token, which names a key that the server cannot know,
    /// is sent until the zone's log shows that the server asked for keys, and once more a moment later. It must not be
    /// served. Afterwards the accepted token must work again.
    ///
    /// # Why it matters
    /// Code that tries each key until one fits finds no objection where there is no key.
    ///
    /// # How to fix it
    /// Demand that a key was found and its signature is right; no key means no entry.
    ///
    /// # Reference
    /// OAuth 2.1 section 5.2; RFC 9068 section 4.
    pub struct KeysEmpty;
}

const META: Meta = Meta {
    id: "jwks-empty",
    requirements: &["rfc9068-4-jwks-outage-fails-closed"],
    level: Level::Must,
    area: Area::Keys,
    needs: &[Need::ZoneControl, Need::FaultInjection],
    revisions: Revisions::Once,
    disturbs: Disturbs::Outage(Failure::Empty),
    follows_from: &["garbage-token", "foreign-signature"],
    ..Meta::CALM
};

impl Check for KeysEmpty {
    fn meta(&self) -> &'static Meta {
        &META
    }

    async fn run(&self, cx: &Context) -> Verdict {
        cx.outage(Failure::Empty).await?.expect_refused()
    }
}
