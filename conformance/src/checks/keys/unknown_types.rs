//! What cannot be read is passed over.

use crate::check::{Area, Check, Disturbs, Level, Meta, Need, Revisions, Stop, Verdict};
use crate::context::Context;
use crate::page;
use crate::rollover::{Kind, Seen};

page! {
    /// Keys of unknown type do not spoil the set
    ///
    /// # What it checks
    /// The zone publishes, before its own keys and a new one, a key of an unknown type, an RSA key without its modulus
    /// and a key on an unknown curve. Once the server has asked for that set, a token of the new key should be served.
    ///
    /// # Why it matters
    /// A zone that begins to publish keys for the next algorithm would else shut out every user of this server.
    ///
    /// # How to fix it
    /// Parse the keys one by one, and leave out those that you cannot use, rather than refusing the set.
    ///
    /// # Reference
    /// RFC 7517 section 5.
    pub struct UnknownKeyTypes;
}

const META: Meta = Meta {
    id: "unknown-key-types",
    requirements: &["rfc7517-5-unknown-keys-ignored"],
    level: Level::Should,
    area: Area::Keys,
    needs: &[Need::ZoneControl, Need::AdminRotateKeys, Need::FaultInjection],
    revisions: Revisions::Once,
    disturbs: Disturbs::Keys,
    follows_from: &["key-rotation"],
    ..Meta::CALM
};

impl Check for UnknownKeyTypes {
    fn meta(&self) -> &'static Meta {
        &META
    }

    async fn run(&self, cx: &Context) -> Verdict {
        let rollover = cx.rollover().await?;
        if let Seen::Spoilt(how) = rollover.seen(Kind::Unknown) {
            return Err(Stop::violation("a token of a key beside those of unknown type served", how));
        }
        rollover.answers(Kind::Unknown).map(drop)
    }
}
