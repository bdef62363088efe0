//! Keys change; servers must notice.

use crate::check::{Area, Check, Disturbs, Level, Meta, Need, Revisions, Stop, Verdict};
use crate::context::Context;
use crate::page;
use crate::rollover::Uptake;

page! {
    /// A key that was rotated in is accepted
    ///
    /// # What it checks
    /// The zone publishes one more key, keeps the old one, and signs a token with the new one. The server should serve
    /// it within the time that --key-wait gives (five minutes unless said otherwise); how long it took is reported.
    ///
    /// # Why it matters
    /// A server that never looks again refuses every user on the day the zone rotates its keys, and people then turn
    /// verification off.
    ///
    /// # How to fix it
    /// Fetch the key set again when a token names a `kid` that you do not have, at a bounded rate.
    ///
    /// # Reference
    /// OpenID Connect Core section 10.1.1.
    pub struct KeyRotation;
}

const META: Meta = Meta {
    id: "key-rotation",
    requirements: &["oidc-core-10.1.1-key-rollover"],
    level: Level::Should,
    area: Area::Keys,
    needs: &[Need::ZoneControl, Need::AdminRotateKeys],
    revisions: Revisions::Once,
    disturbs: Disturbs::Keys,
    ..Meta::CALM
};

impl Check for KeyRotation {
    fn meta(&self) -> &'static Meta {
        &META
    }

    async fn run(&self, cx: &Context) -> Verdict {
        match &cx.rollover().await?.plain {
            Uptake::Taken(after) => {
                cx.remark(format!("the new key was accepted after {:.1} s", after.as_secs_f64()));
                Ok(())
            }
            Uptake::Refused(how) | Uptake::Unread(how) => {
                let within = cx.options().key_wait.as_secs();
                Err(Stop::violation(format!("served within {within} s"), format!("still {how}")))
            }
            Uptake::Unclear(how) => Err(Stop::inconclusive(format!("the answer was {how}"))),
        }
    }
}
