//! How a client learns whom it talks to.

use super::{looked_at, with_code};
use crate::check::{Area, Check, Level, Meta, Need, Revisions, Stop, Verdict};
use crate::context::Context;
use crate::mcp::Operation;
use crate::page;
use crate::text::quoted;

page! {
    /// server/discover says what the server speaks
    ///
    /// # What it checks
    /// server/discover is sent with the accepted token. The result must have the supported versions, this one among
    /// them, and the server's capabilities.
    ///
    /// # Why it matters
    /// Clients of this revision begin with it. Without an answer they take the server for an older one, or for none.
    ///
    /// # How to fix it
    /// Use a current SDK, or answer server/discover with `supportedVersions` and `capabilities`.
    ///
    /// # Reference
    /// MCP 2026-07-28, Versioning, "Protocol Version Negotiation".
    pub struct Discover;
}

const META: Meta = Meta {
    id: "server-discover",
    requirements: &["mcp-base-server-discover"],
    level: Level::Must,
    area: Area::Transport,
    needs: &[Need::ValidToken],
    revisions: Revisions::Stateless,
    ..Meta::CALM
};

impl Check for Discover {
    fn meta(&self) -> &'static Meta {
        &META
    }

    async fn run(&self, cx: &Context) -> Verdict {
        let token = cx.served_token().await?;
        let reply = cx.send(&cx.operation(&Operation::Discover).bearer(&token.compact)).await?;
        looked_at(&reply, "server/discover")?;
        let Some(result) = reply.result().filter(|_| reply.status.is_success()) else {
            return Err(Stop::violation("a result of server/discover", with_code(&reply)));
        };
        let versions = result["supportedVersions"].as_array();
        if !versions.is_some_and(|all| all.iter().any(|version| version == cx.revision().name())) {
            let expected = format!("{} among supportedVersions", cx.revision());
            return Err(Stop::violation(expected, quoted(&result["supportedVersions"].to_string())));
        }
        if !result["capabilities"].is_object() {
            return Err(Stop::violation("an object in capabilities", quoted(&result["capabilities"].to_string())));
        }
        Ok(())
    }
}
