//! A page in place of keys.

use crate::check::{Area, Check, Disturbs, Level, Meta, Need, Revisions, Verdict};
use crate::context::Context;
use crate::outage::Failure;
use crate::page;

page! {
    /// While a web page comes for its zone's keys the server refuses what it cannot verify
    ///
    /// # What it checks
    /// A web page comes in place of the zone's key set, with status 200, as portals, proxies and error pages make it. A
    /// forged token, which names a key that the server cannot know, is sent until the zone's log shows that the server
    /// asked for keys, and once more a moment later. It must not be served. Afterwards the accepted token must work
    /// again.
    ///
    /// # Why it matters
    /// This is what an outage often looks like from inside a network: everything answers 200.
    ///
    /// # How to fix it
    /// Treat what is no key set like no answer, whatever its status.
    ///
    /// # Reference
    /// OAuth 2.1 section 5.2; RFC 9068 section 4.
    pub struct KeysHtml;
}

const META: Meta = Meta {
    id: "jwks-html",
    requirements: &["rfc9068-4-jwks-outage-fails-closed"],
    level: Level::Must,
    area: Area::Keys,
    needs: &[Need::ZoneControl, Need::FaultInjection],
    revisions: Revisions::Once,
    disturbs: Disturbs::Outage(Failure::Html),
    follows_from: &["garbage-token", "foreign-signature"],
    ..Meta::CALM
};

impl Check for KeysHtml {
    fn meta(&self) -> &'static Meta {
        &META
    }

    async fn run(&self, cx: &Context) -> Verdict {
        cx.outage(Failure::Html).await?.expect_refused()
    }
}
