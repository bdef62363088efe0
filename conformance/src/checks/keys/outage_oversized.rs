//! More than anybody asked for.

use crate::check::{Area, Check, Disturbs, Level, Meta, Need, Revisions, Verdict};
use crate::context::Context;
use crate::outage::Failure;
use crate::page;

page! {
    /// While its zone's key set is oversized the server refuses what it cannot verify
    ///
    /// # What it checks
    /// 16 MiB of JSON without a key come in place of the zone's key set. A forged token, which names a key that the
    /// server cannot know, is sent until the zone's log shows that the server asked for keys, and once more a moment
    /// later. It must not be served. Afterwards the accepted token must work again.
    ///
    /// # Why it matters
    /// A reader that gives up in the middle has no key. It must not go on as if it needed none.
    ///
    /// # How to fix it
    /// Read at most some hundred KiB of a key set, and treat more like no answer.
    ///
    /// # Reference
    /// OAuth 2.1 section 5.2; RFC 9068 section 4.
    pub struct KeysOversized;
}

const META: Meta = Meta {
    id: "jwks-oversized",
    requirements: &["rfc9068-4-jwks-outage-fails-closed"],
    level: Level::Must,
    area: Area::Keys,
    needs: &[Need::ZoneControl, Need::FaultInjection],
    revisions: Revisions::Once,
    disturbs: Disturbs::Outage(Failure::Oversized),
    follows_from: &["garbage-token", "foreign-signature"],
    ..Meta::CALM
};

impl Check for KeysOversized {
    fn meta(&self) -> &'static Meta {
        &META
    }

    async fn run(&self, cx: &Context) -> Verdict {
        cx.outage(Failure::Oversized).await?.expect_refused()
    }
}
