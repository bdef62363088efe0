//! The thief has no key.

use crate::check::{Area, Check, Level, Meta, Need, Revisions, Verdict};
use crate::context::Context;
use crate::dpop::{BoundClient, expect_refused};
use crate::page;

page! {
    /// A DPoP-bound token is refused as a bearer token
    ///
    /// # What it checks
    /// Where the metadata or a challenge says that the server takes DPoP, the zone binds the accepted token to a key of
    /// the suite, and the server must serve it with a proof, or the check is inconclusive. The same token sent as
    /// `Bearer`, without a proof, must be refused.
    ///
    /// # Why it matters
    /// A bound token that works without its key is worth as much to a thief as any other.
    ///
    /// # How to fix it
    /// Where a verified token has `cnf.jkt`, take it under the scheme `DPoP` and with a proof of that key only.
    ///
    /// # Reference
    /// RFC 9449 section 7.2.
    pub struct DpopBoundAsBearer;
}

const META: Meta = Meta {
    id: "dpop-bound-as-bearer",
    requirements: &["dpop-bound-token-not-bearer"],
    level: Level::Must,
    area: Area::TokenValidation,
    needs: &[Need::ZoneControl],
    revisions: Revisions::Stateless,
    ..Meta::CALM
};

impl Check for DpopBoundAsBearer {
    fn meta(&self) -> &'static Meta {
        &META
    }

    async fn run(&self, cx: &Context) -> Verdict {
        let client = BoundClient::served(cx).await?;
        let reply = cx.call(client.token(), "the bound token as a bearer token").await?;
        expect_refused(&reply, "a bound token as a bearer token")
    }
}
