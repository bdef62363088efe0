//! Two names, not one.

use crate::check::{Area, Check, Disturbs, Level, Meta, Need, Revisions, Verdict};
use crate::context::Context;
use crate::page;
use crate::rollover::Kind;

page! {
    /// Names of keys are told apart by their letter case
    ///
    /// # What it checks
    /// The zone publishes a set of its own keys, plain new ones and odd ones, for which the suite has the private
    /// halves. Once a token of a plain new key is served, so that the server surely read the set, two tokens are sent:
    /// of the keys `Key-A-…` and `key-a-…`, each with its own key's name. Both must be served. A token that names one
    /// and is signed by the other is not judged.
    ///
    /// # Why it matters
    /// A server that folds the names loses one of two keys, and then refuses whoever has a token of it.
    ///
    /// # How to fix it
    /// Compare `kid` character for character; store it in a column or a map that keeps letter case.
    ///
    /// # Reference
    /// RFC 7515 section 4.1.4; RFC 7517 section 4.5.
    pub struct KeyIdLetterCase;
}

const META: Meta = Meta {
    id: "key-id-letter-case",
    requirements: &["rfc7515-4.1.4-kid-case-sensitive"],
    level: Level::Must,
    area: Area::Keys,
    needs: &[Need::ZoneControl, Need::AdminRotateKeys],
    revisions: Revisions::Once,
    disturbs: Disturbs::Keys,
    follows_from: &["key-rotation"],
    ..Meta::CALM
};

impl Check for KeyIdLetterCase {
    fn meta(&self) -> &'static Meta {
        &META
    }

    async fn run(&self, cx: &Context) -> Verdict {
        super::expect_served(cx.rollover().await?.answers(Kind::LetterCase)?)
    }
}
