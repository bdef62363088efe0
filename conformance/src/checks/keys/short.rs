//! A key that can be broken.

use crate::check::{Area, Check, Disturbs, Level, Meta, Need, Revisions, Verdict};
use crate::context::Context;
use crate::page;
use crate::rollover::Kind;

page! {
    /// An RSA key of 1024 bits verifies nothing
    ///
    /// # What it checks
    /// The zone publishes a set of its own keys, plain new ones and odd ones, for which the suite has the private
    /// halves. Once a token of a plain new key is served, so that the server surely read the set, a token is sent that
    /// is signed with a key of 1024 bits, for RS256. It must be refused.
    ///
    /// # Why it matters
    /// Keys of that size are within reach of those who can pay. Whoever breaks the key of one old zone or application
    /// signs what they like.
    ///
    /// # How to fix it
    /// Refuse RSA keys below 2048 bits when you read the set.
    ///
    /// # Reference
    /// RFC 7518 section 3.3.
    pub struct ShortRsaKey;
}

const META: Meta = Meta {
    id: "short-rsa-key",
    requirements: &["rfc7518-3.3-rsa-2048"],
    level: Level::Must,
    area: Area::Keys,
    needs: &[Need::ZoneControl, Need::AdminRotateKeys],
    revisions: Revisions::Once,
    disturbs: Disturbs::Keys,
    follows_from: &["foreign-signature", "key-rotation"],
    ..Meta::CALM
};

impl Check for ShortRsaKey {
    fn meta(&self) -> &'static Meta {
        &META
    }

    async fn run(&self, cx: &Context) -> Verdict {
        super::expect_refused(cx, cx.rollover().await?.answers(Kind::Short)?)
    }
}
