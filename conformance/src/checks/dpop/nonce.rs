//! Fresh by the server's own word.

use crate::check::{Area, Check, Level, Meta, Need, Revisions, Stop, Verdict};
use crate::context::Context;
use crate::dpop::BoundClient;
use crate::page;

page! {
    /// DPoP proofs carry a nonce of the server
    ///
    /// # What it checks
    /// Where the metadata or a challenge says that the server takes DPoP, the zone binds the accepted token to a key of
    /// the suite, and the server must serve it with a proof, or the check is inconclusive. Whether the server hands out
    /// a `DPoP-Nonce`, and wants it, is reported. It is for servers with much to lose.
    ///
    /// # Why it matters
    /// A nonce bounds the life of a proof by the server's clock alone, and stops proofs that were made in advance.
    ///
    /// # How to fix it
    /// Answer 401 with `error="use_dpop_nonce"` and a `DPoP-Nonce` to a proof without one.
    ///
    /// # Reference
    /// SEP-1932, requirement list; RFC 9449 section 9.
    pub struct DpopNonce;
}

const META: Meta = Meta {
    id: "dpop-nonce",
    requirements: &["dpop-server-nonce"],
    level: Level::May,
    area: Area::TokenValidation,
    needs: &[Need::ZoneControl],
    revisions: Revisions::Stateless,
    ..Meta::CALM
};

impl Check for DpopNonce {
    fn meta(&self) -> &'static Meta {
        &META
    }

    async fn run(&self, cx: &Context) -> Verdict {
        let client = BoundClient::served(cx).await?;
        if client.has_nonce() {
            return Ok(());
        }
        Err(Stop::violation("a DPoP-Nonce", "none with any answer"))
    }
}
