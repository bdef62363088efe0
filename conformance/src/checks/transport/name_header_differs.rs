//! The header names one tool, the body another.

use super::{bearing_tool, expect_not_served, request};
use crate::check::{Area, Check, Level, Meta, Need, Revisions, Stop, Verdict};
use crate::context::Context;
use crate::mcp::Operation;
use crate::page;
use crate::reply::Outcome;
use crate::survey::ScopedTool;

page! {
    /// A tool call whose Mcp-Name differs from its body is refused
    ///
    /// # What it checks
    /// The tool call that was just served is sent again with another name in `Mcp-Name`. It must not be served. Where a
    /// tool that needs a scope is known, it is called without that scope as well, while `Mcp-Name` names a tool that
    /// may be called: that must not be served either.
    ///
    /// # Why it matters
    /// A gateway or a policy that looks at the header lets the harmless name pass, and the server runs the other tool.
    ///
    /// # How to fix it
    /// Compare the standard headers with the body before the message is dispatched, and answer 400 with JSON-RPC error
    /// -32020 where one is missing or differs. Current SDKs do so. Decide about scopes by the body.
    ///
    /// # Reference
    /// MCP 2026-07-28, Streamable HTTP, "Server Validation".
    pub struct NameHeaderDiffers;
}

const META: Meta = Meta {
    id: "name-header-differs",
    requirements: &["mcp-transport-mcp-name-mismatch"],
    level: Level::Must,
    area: Area::Transport,
    needs: &[Need::ValidToken, Need::DeclaredTool],
    revisions: Revisions::Stateless,
    follows_from: &["scope-missing"],
    ..Meta::CALM
};

impl Check for NameHeaderDiffers {
    fn meta(&self) -> &'static Meta {
        &META
    }

    async fn run(&self, cx: &Context) -> Verdict {
        let own = bearing_tool(cx)?;
        let token = cx.served_token().await?;
        let request = request(cx, &token.compact).header("mcp-name", "conformance-other").purpose("another Mcp-Name");
        expect_not_served(&cx.send(&request).await?, "a tool call with another name in Mcp-Name")?;
        let is_another =
            |tool: &&ScopedTool| !matches!(&tool.operation, Operation::CallTool { name, .. } if name == own);
        let (Ok(_), Some(tool)) = (cx.zone(), cx.survey().scoped_tools.iter().find(is_another)) else { return Ok(()) };
        let scoped = cx.scoped_tool(tool).await?;
        let (missing, left) = scoped.lacking_one();
        let lacking = cx.sign(&token.but(|t| t.scopes(&left)), "token without a scope").await?;
        let request = cx.operation(&tool.operation).bearer(&lacking).header("mcp-name", own);
        let reply = cx.send(&request.purpose(format!("{} without {missing}, Mcp-Name: {own}", tool.name()))).await?;
        if reply.outcome() == Outcome::Served || reply.refuses_with_result() {
            let expected = format!("a refusal of {} without {missing}, whatever Mcp-Name says", tool.name());
            return Err(Stop::violation(expected, reply.describe()));
        }
        Ok(())
    }
}
