//! A key is no address.

use crate::check::{Area, Check, Level, Meta, Need, Revisions, Verdict};
use crate::context::Context;
use crate::dpop::{BoundClient, expect_refused};
use crate::page;

page! {
    /// A DPoP-bound token for another resource is refused
    ///
    /// # What it checks
    /// Where the metadata or a challenge says that the server takes DPoP, the zone binds the accepted token to a key of
    /// the suite, and the server must serve it with a proof, or the check is inconclusive. The same token with another
    /// `aud`, and a proof for it that is right in all things, must be refused.
    ///
    /// # Why it matters
    /// The proof shows who sends the token, and not for whom it was issued. A client may hold tokens for many servers.
    ///
    /// # How to fix it
    /// Verify the token as any other before, or after, you look at its proof.
    ///
    /// # Reference
    /// SEP-1932, requirement list; MCP 2026-07-28, Authorization, "Token Handling".
    pub struct DpopAudience;
}

const META: Meta = Meta {
    id: "dpop-audience",
    requirements: &["dpop-audience-still-validated"],
    level: Level::Must,
    area: Area::Audience,
    needs: &[Need::ZoneControl],
    revisions: Revisions::Stateless,
    ..Meta::CALM
};

impl Check for DpopAudience {
    fn meta(&self) -> &'static Meta {
        &META
    }

    async fn run(&self, cx: &Context) -> Verdict {
        let client = BoundClient::served(cx).await?;
        let draft = client.but(|t| t.claim("aud", "https://other.example/mcp"));
        let token = cx.sign(&draft, "bound token for another resource").await?;
        let proof = client.signed(&client.proof(&token)?)?;
        let reply = client.call_with(&token, Some(&proof), "a bound token for another resource").await?;
        expect_refused(&reply, "a bound token for another resource")
    }
}
