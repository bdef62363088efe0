//! Where the guide says it is.

use crate::check::{Area, Check, Level, Meta, Revisions, Stop, Verdict};
use crate::context::Context;
use crate::page;
use crate::text::quoted;

page! {
    /// The MCP endpoint is at /mcp
    ///
    /// # What it checks
    /// The path of the URL under test is compared with `/mcp`. Any path is allowed; another one is reported.
    ///
    /// # Why it matters
    /// Users who are told a host try `/mcp` first.
    ///
    /// # How to fix it
    /// Nothing is broken. The resource identifier, and so every token's audience, changes with the path.
    ///
    /// # Reference
    /// The Keycard guide, "Write the Server".
    pub struct EndpointPath;
}

const META: Meta = Meta {
    id: "endpoint-path",
    requirements: &["keycard-guide-mcp-path"],
    level: Level::May,
    area: Area::Transport,
    revisions: Revisions::Once,
    ..Meta::CALM
};

impl Check for EndpointPath {
    fn meta(&self) -> &'static Meta {
        &META
    }

    async fn run(&self, cx: &Context) -> Verdict {
        match cx.url().path() {
            "/mcp" => Ok(()),
            other => Err(Stop::violation("/mcp", quoted(other))),
        }
    }
}
