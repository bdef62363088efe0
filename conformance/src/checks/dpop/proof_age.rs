//! Yesterday's proof.

use crate::check::{Area, Check, Level, Meta, Need, Revisions, Verdict};
use crate::context::Context;
use crate::dpop::{BoundClient, expect_refused};
use crate::page;

page! {
    /// A DPoP proof that is older or newer than five minutes is refused
    ///
    /// # What it checks
    /// Where the metadata or a challenge says that the server takes DPoP, the zone binds the accepted token to a key of
    /// the suite, and the server must serve it with a proof, or the check is inconclusive. Proofs whose `iat` lies six
    /// minutes back and six minutes ahead must be refused.
    ///
    /// # Why it matters
    /// Proofs are seen by proxies and in logs. One that is good for long can be sent again by whoever finds it.
    ///
    /// # How to fix it
    /// Refuse a proof whose `iat` is more than five minutes from now, in either direction.
    ///
    /// # Reference
    /// SEP-1932, requirement list; RFC 9449 section 11.1.
    pub struct DpopProofAge;
}

const META: Meta = Meta {
    id: "dpop-proof-age",
    requirements: &["dpop-iat-window"],
    level: Level::Must,
    area: Area::TokenValidation,
    needs: &[Need::ZoneControl],
    revisions: Revisions::Stateless,
    ..Meta::CALM
};

impl Check for DpopProofAge {
    fn meta(&self) -> &'static Meta {
        &META
    }

    async fn run(&self, cx: &Context) -> Verdict {
        let client = BoundClient::served(cx).await?;
        for (seconds, what) in
            [(-SIX_MINUTES, "a proof of six minutes ago"), (SIX_MINUTES, "a proof of six minutes from now")]
        {
            let iat = cx.now() + seconds;
            let reply = client.call(what, |proof| proof.claim("iat", iat)).await?;
            expect_refused(&reply, what)?;
        }
        Ok(())
    }
}

const SIX_MINUTES: i64 = 6 * 60;
