//! Waiting is contagious.

use crate::check::{Area, Check, Disturbs, Level, Meta, Need, Revisions, Verdict};
use crate::context::Context;
use crate::outage::Failure;
use crate::page;

page! {
    /// While its zone's keys do not come the server still answers
    ///
    /// # What it checks
    /// The zone's key set comes later than --timeout (60 seconds unless said otherwise), and a forged token is sent
    /// that names a key which the server cannot know. It should get an answer within --timeout.
    ///
    /// # Why it matters
    /// A fetch without a bound makes the server wait for as long as its zone likes, with every request whose key is
    /// new.
    ///
    /// # How to fix it
    /// Give the fetch of keys a bound of a few seconds, and let one fetch serve all who wait.
    ///
    /// # Reference
    /// RFC 9068 section 4. No text sets a time, so this is a warning.
    pub struct KeysSlowAnswer;
}

const META: Meta = Meta {
    id: "jwks-slow-answer",
    requirements: &["rfc9068-4-jwks-outage-fails-closed"],
    level: Level::Should,
    area: Area::Keys,
    needs: &[Need::ZoneControl, Need::FaultInjection],
    revisions: Revisions::Once,
    disturbs: Disturbs::Outage(Failure::Slow),
    follows_from: &["jwks-outage-answer"],
    ..Meta::CALM
};

impl Check for KeysSlowAnswer {
    fn meta(&self) -> &'static Meta {
        &META
    }

    async fn run(&self, cx: &Context) -> Verdict {
        cx.outage(Failure::Slow).await?.expect_answered()
    }
}
