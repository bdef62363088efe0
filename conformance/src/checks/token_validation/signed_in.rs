//! A user's way in, from the first page to the tool.

use crate::check::{Area, Check, Level, Meta, Need, Verdict};
use crate::context::Context;
use crate::page;

page! {
    /// A token from a real sign-in is served
    ///
    /// # What it checks
    /// The suite does what an MCP client does: it registers at the zone, signs a user in on the page, redeems the
    /// code with PKCE for the resource that the metadata names, and calls the server with the token that comes. It
    /// must be served. Where the server accepts no token of the zone at all, this is inconclusive.
    ///
    /// # Why it matters
    /// All other checks start from tokens that the suite has minted. This one shows that the server works with what
    /// its users really get.
    ///
    /// # How to fix it
    /// See which claim is refused with --verbose; most often the resource registered at the zone differs from the one
    /// that the server expects (/mcp missing, another port, a final slash).
    ///
    /// # Reference
    /// RFC 6750 section 2.1; MCP 2026-07-28, Authorization, "Token Requirements".
    pub struct SignedInToken;
}

const META: Meta = Meta {
    id: "signed-in-token",
    requirements: &["rfc6750-2.1-header-supported"],
    level: Level::Must,
    area: Area::TokenValidation,
    needs: &[Need::ZoneControl, Need::Browser],
    follows_from: &["metadata-resource-well-known", "metadata-resource-endpoint"],
    ..Meta::CALM
};

impl Check for SignedInToken {
    fn meta(&self) -> &'static Meta {
        &META
    }

    async fn run(&self, cx: &Context) -> Verdict {
        // Where no token of the zone is accepted, the server trusts another zone, and this token would prove no more.
        cx.survey().accepted()?;
        let signed_in = cx.signed_in().await?;
        cx.call_as_another(&signed_in.access_token, "a token from a real sign-in").await?.expect_served()
    }
}
