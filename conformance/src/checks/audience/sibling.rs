//! Same host, another server.

use url::Url;

use super::own;

use crate::check::{Area, Check, Level, Meta, Need, Verdict};
use crate::context::Context;
use crate::page;

page! {
    /// A token for another server on the same host is refused
    ///
    /// # What it checks
    /// The zone signs the accepted token again for a resource beside it: same origin, another path. It must not be
    /// served.
    ///
    /// # Why it matters
    /// Several servers often share a host. Each is a resource of its own, and the weakest must not open the others.
    ///
    /// # How to fix it
    /// Compare the whole resource identifier, path included.
    ///
    /// # Reference
    /// MCP 2025-11-25, Authorization, "Token Handling"; RFC 8707 section 2.
    pub struct AudienceSibling;
}

const META: Meta = Meta {
    id: "audience-sibling",
    requirements: &["mcp-auth-only-own-resources"],
    level: Level::Must,
    area: Area::Audience,
    needs: &[Need::ZoneControl],
    follows_from: &["garbage-token", "audience-other"],
    ..Meta::CALM
};

impl Check for AudienceSibling {
    fn meta(&self) -> &'static Meta {
        &META
    }

    async fn run(&self, cx: &Context) -> Verdict {
        let token = cx.accepted_token().await?;
        // Of the audience that is accepted, which may have another name of this machine than the URL.
        let own = own(&token).as_str().and_then(|aud| Url::parse(aud).ok());
        let mut sibling = own.filter(Url::has_host).unwrap_or_else(|| cx.url().clone());
        sibling.set_query(None);
        sibling.set_path("/another-server/mcp");
        let odd = cx.sign(&token.but(|t| t.claim("aud", sibling.as_str())), "token for a sibling server").await?;
        cx.call(&odd, &format!("a token for {sibling}")).await?.expect_refused()
    }
}
