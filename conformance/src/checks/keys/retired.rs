//! What the zone took back.

use crate::check::{Area, Check, Disturbs, Level, Meta, Need, Revisions, Stop, Verdict};
use crate::context::Context;
use crate::page;
use crate::rollover::Retired;

page! {
    /// A key that was taken out of the set verifies nothing more
    ///
    /// # What it checks
    /// The zone publishes a new key, and once a token of it is served, a set without it and with another one. When a
    /// token of that other key is served too, so that the server surely read the new set, the first token should be
    /// refused. A server that still takes it has until --key-wait (five minutes unless said otherwise) to let it lapse,
    /// and how long that took is reported. With --launch it is started anew after 5 s: where it still takes the key then, it
    /// keeps it for good; where it does not, the verdict is left open. A server that does not ask for the new set may still
    /// have the old one in its cache, and is not judged.
    ///
    /// # Why it matters
    /// A zone takes a key back when it may have been stolen. From then on whoever stole it signs what they like for a
    /// server that keeps it.
    ///
    /// # How to fix it
    /// Replace the whole set when you fetch it; do not add to the old one, and keep no key in a cache of its own. Let
    /// the set grow old: five minutes, an hour at most.
    ///
    /// # Reference
    /// RFC 9068 section 4. No text says how long keys may be kept, so this is a warning.
    pub struct RetiredKey;
}

const META: Meta = Meta {
    id: "retired-key",
    requirements: &["rfc9068-4-rejects-retired-key"],
    level: Level::Should,
    area: Area::Keys,
    needs: &[Need::ZoneControl, Need::AdminRotateKeys, Need::FaultInjection],
    revisions: Revisions::Once,
    disturbs: Disturbs::Keys,
    follows_from: &["tampered-claims", "foreign-signature", "key-rotation"],
    ..Meta::CALM
};

impl Check for RetiredKey {
    fn meta(&self) -> &'static Meta {
        &META
    }

    async fn run(&self, cx: &Context) -> Verdict {
        match &cx.rollover().await?.retired {
            Retired::Refused(after) => {
                cx.remark(format!(
                    "the key was refused {:.1} s after the server had read the set without it",
                    after.as_secs_f64()
                ));
                Ok(())
            }
            Retired::Cached(after) => Err(Stop::inconclusive(format!(
                "the key was still served {:.0} s after the server had read the set without it, and no more after a new \
                 start: whether the server would have let go of it in time, a run with --zone waits to see",
                after.as_secs_f64()
            ))),
            Retired::Kept(how) => {
                let within = cx.options().key_wait.as_secs();
                Err(Stop::violation(
                    format!("a refusal within {within} s of the server's reading a set without the key"),
                    format!("still {how}"),
                ))
            }
            Retired::Unclear(why) => Err(Stop::inconclusive(why)),
        }
    }
}
