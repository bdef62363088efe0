//! Proxies write header names as they please.

use super::{looked_at, request, with_code};
use crate::check::{Area, Check, Level, Meta, Need, Revisions, Stop, Verdict};
use crate::client::Connections;
use crate::context::Context;
use crate::page;
use crate::reply::Outcome;

page! {
    /// Header names are read in any letter case
    ///
    /// # What it checks
    /// The request that was just served, its header names in lower case, is sent again with names in title case:
    /// `Mcp-Method`, `Mcp-Protocol-Version`. It must be served.
    ///
    /// # Why it matters
    /// Proxies and client libraries change the case of names. A server that minds it works in one network and fails in
    /// the next.
    ///
    /// # How to fix it
    /// Look headers up through the framework, which ignores case, and not in a map of raw names.
    ///
    /// # Reference
    /// MCP 2026-07-28, Streamable HTTP, "Case Sensitivity"; RFC 9110 section 5.1.
    pub struct HeaderNameCase;
}

const META: Meta = Meta {
    id: "header-name-case",
    requirements: &["mcp-transport-header-names-case-insensitive"],
    level: Level::Must,
    area: Area::Transport,
    needs: &[Need::ValidToken],
    revisions: Revisions::Stateless,
    ..Meta::CALM
};

impl Check for HeaderNameCase {
    fn meta(&self) -> &'static Meta {
        &META
    }

    async fn run(&self, cx: &Context) -> Verdict {
        let token = cx.served_token().await?;
        let client = cx.apart(Connections::TitleCase)?;
        let request = request(cx, &token.compact).purpose("header names in title case");
        let reply = cx.send_over(&client, &request).await?;
        if reply.outcome() == Outcome::Served {
            return Ok(());
        }
        looked_at(&reply, "header names in title case")?;
        Err(Stop::violation("the request served, its header names in title case", with_code(&reply)))
    }
}
