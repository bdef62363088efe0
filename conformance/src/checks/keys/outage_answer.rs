//! A hang is an outage passed on.

use crate::check::{Area, Check, Disturbs, Level, Meta, Need, Revisions, Verdict};
use crate::context::Context;
use crate::outage::Failure;
use crate::page;

page! {
    /// Without its zone's keys the server still answers
    ///
    /// # What it checks
    /// The zone's key set answers 500, and a forged token is sent that names a key which the server cannot know. It
    /// should get an answer within --timeout (60 seconds unless said otherwise).
    ///
    /// # Why it matters
    /// Requests that hang pile up until the server answers nobody, also those whose tokens it could verify.
    ///
    /// # How to fix it
    /// Bound the fetch of keys in time, do not retry within a request, and let one fetch serve all who wait.
    ///
    /// # Reference
    /// RFC 9068 section 4. No text sets a time, so this is a warning.
    pub struct KeysOutageAnswer;
}

const META: Meta = Meta {
    id: "jwks-outage-answer",
    requirements: &["rfc9068-4-jwks-outage-fails-closed"],
    level: Level::Should,
    area: Area::Keys,
    needs: &[Need::ZoneControl, Need::FaultInjection],
    revisions: Revisions::Once,
    disturbs: Disturbs::Outage(Failure::Status),
    ..Meta::CALM
};

impl Check for KeysOutageAnswer {
    fn meta(&self) -> &'static Meta {
        &META
    }

    async fn run(&self, cx: &Context) -> Verdict {
        cx.outage(Failure::Status).await?.expect_answered()
    }
}
