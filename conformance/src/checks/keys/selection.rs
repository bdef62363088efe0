//! One set, several keys.

use crate::check::{Area, Check, Disturbs, Level, Meta, Need, Revisions, Verdict};
use crate::context::Context;
use crate::page;
use crate::rollover::Kind;

page! {
    /// With several keys in the set, each verifies its own tokens
    ///
    /// # What it checks
    /// The zone publishes two new keys whose names differ in the last character, beside its own. Once a token of the
    /// first is served, so that the server surely read the set, one of the second and the accepted one should be served
    /// too.
    ///
    /// # Why it matters
    /// Zones publish the next key before they sign with it. A server that keeps one key, or takes the first, refuses
    /// half of its users while that lasts.
    ///
    /// # How to fix it
    /// Keep the whole set, and choose the key whose `kid` is the token's, character for character.
    ///
    /// # Reference
    /// RFC 7517 section 4.5.
    pub struct KeySelection;
}

const META: Meta = Meta {
    id: "key-selection",
    requirements: &["rfc7517-4.5-kid-selection"],
    level: Level::Should,
    area: Area::Keys,
    needs: &[Need::ZoneControl, Need::AdminRotateKeys],
    revisions: Revisions::Once,
    disturbs: Disturbs::Keys,
    follows_from: &["key-rotation"],
    ..Meta::CALM
};

impl Check for KeySelection {
    fn meta(&self) -> &'static Meta {
        &META
    }

    async fn run(&self, cx: &Context) -> Verdict {
        super::expect_served(cx.rollover().await?.answers(Kind::Plain)?)
    }
}
