//! Keys say more than a server needs to know.

use crate::check::{Area, Check, Disturbs, Level, Meta, Need, Revisions, Stop, Verdict};
use crate::context::Context;
use crate::page;
use crate::rollover::{Kind, Seen};

page! {
    /// A key with members that nobody knows is a key
    ///
    /// # What it checks
    /// The zone publishes a set of its own keys, plain new ones and odd ones, for which the suite has the private
    /// halves. Once a token of a plain new key is served, so that the server surely read the set, a token is sent of a
    /// key that has members which no registry has. It must be served. If it is not, a set with that key and the zone's
    /// own alone is tried.
    ///
    /// # Why it matters
    /// Zones add members, `x5t` or their own. A server that minds them refuses everybody on that day.
    ///
    /// # How to fix it
    /// Read the members that you need, and let the others be (no `deny_unknown_fields`, no closed schema).
    ///
    /// # Reference
    /// RFC 7517 section 4.
    pub struct UnknownKeyMembers;
}

const META: Meta = Meta {
    id: "unknown-key-members",
    requirements: &["rfc7517-4-unknown-members-ignored"],
    level: Level::Must,
    area: Area::Keys,
    needs: &[Need::ZoneControl, Need::AdminRotateKeys, Need::FaultInjection],
    revisions: Revisions::Once,
    disturbs: Disturbs::Keys,
    follows_from: &["key-rotation"],
    ..Meta::CALM
};

impl Check for UnknownKeyMembers {
    fn meta(&self) -> &'static Meta {
        &META
    }

    async fn run(&self, cx: &Context) -> Verdict {
        let rollover = cx.rollover().await?;
        if let Seen::Spoilt(how) = rollover.seen(Kind::Members) {
            return Err(Stop::violation("a token of a key with unknown members served", how));
        }
        super::expect_served(rollover.answers(Kind::Members)?)
    }
}
