//! The key says how it is used, not the token.

use crate::check::{Area, Check, Disturbs, Level, Meta, Need, Revisions, Verdict};
use crate::context::Context;
use crate::page;
use crate::rollover::Kind;

page! {
    /// A key for another algorithm verifies nothing else
    ///
    /// # What it checks
    /// The zone publishes a set of its own keys, plain new ones and odd ones, for which the suite has the private
    /// halves. Once a token of a plain new key is served, so that the server surely read the set, a token is sent that
    /// is signed with RS256 by a key whose `alg` is `PS256`. It should be refused.
    ///
    /// # Why it matters
    /// One key, one algorithm: where the token chooses, so does whoever forges it.
    ///
    /// # How to fix it
    /// Compare the key's `alg`, where it has one, with the algorithm that you verify with.
    ///
    /// # Reference
    /// RFC 8725 section 3.1; RFC 7517 section 4.4.
    pub struct KeyOfOtherAlgorithm;
}

const META: Meta = Meta {
    id: "key-of-other-algorithm",
    requirements: &["rfc8725-3.1-jwk-alg-bound"],
    level: Level::Should,
    area: Area::Keys,
    needs: &[Need::ZoneControl, Need::AdminRotateKeys],
    revisions: Revisions::Once,
    disturbs: Disturbs::Keys,
    follows_from: &["foreign-signature", "key-rotation"],
    ..Meta::CALM
};

impl Check for KeyOfOtherAlgorithm {
    fn meta(&self) -> &'static Meta {
        &META
    }

    async fn run(&self, cx: &Context) -> Verdict {
        super::expect_refused(cx, cx.rollover().await?.answers(Kind::OtherAlgorithm)?)
    }
}
