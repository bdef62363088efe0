//! A key is for one thing.

use crate::check::{Area, Check, Disturbs, Level, Meta, Need, Revisions, Verdict};
use crate::context::Context;
use crate::page;
use crate::rollover::Kind;

page! {
    /// A key for encryption verifies no signature
    ///
    /// # What it checks
    /// The zone publishes a set of its own keys, plain new ones and odd ones, for which the suite has the private
    /// halves. Once a token of a plain new key is served, so that the server surely read the set, a token is sent that
    /// is signed with a key whose `use` is `enc`. It should be refused.
    ///
    /// # Why it matters
    /// Keys for encryption are held by other programs, and guarded in another way, than those that sign.
    ///
    /// # How to fix it
    /// Take only keys whose `use` is `sig`, or that have none.
    ///
    /// # Reference
    /// RFC 8725 section 3.1; RFC 7517 section 4.2.
    pub struct EncryptionKey;
}

const META: Meta = Meta {
    id: "encryption-key",
    requirements: &["rfc8725-3.1-jwk-alg-bound"],
    level: Level::Should,
    area: Area::Keys,
    needs: &[Need::ZoneControl, Need::AdminRotateKeys],
    revisions: Revisions::Once,
    disturbs: Disturbs::Keys,
    follows_from: &["foreign-signature", "key-rotation"],
    ..Meta::CALM
};

impl Check for EncryptionKey {
    fn meta(&self) -> &'static Meta {
        &META
    }

    async fn run(&self, cx: &Context) -> Verdict {
        super::expect_refused(cx, cx.rollover().await?.answers(Kind::Encryption)?)
    }
}
