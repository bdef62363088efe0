//! A name that a header cannot hold is wrapped.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::StatusCode;
use serde_json::Map;

use super::{HEADER_MISMATCH, expect_error, looked_at, with_code};
use crate::check::{Area, Check, Level, Meta, Need, Revisions, Stop, Verdict};
use crate::context::Context;
use crate::mcp::Operation;
use crate::page;
use crate::survey::random_id;

page! {
    /// An Mcp-Name in base64 is decoded before it is compared
    ///
    /// # What it checks
    /// A tool that does not exist is called with the accepted token, its name in `Mcp-Name` as it is, then wrapped as
    /// `=?base64?…?=`. Both must get the same JSON-RPC error, and not -32020, which would say that the two names
    /// differ. With another name wrapped, the error must be -32020. No tool runs.
    ///
    /// # Why it matters
    /// Names with letters beyond ASCII come in this form. A server that compares it as it stands refuses them, and one
    /// that does not look into it can be told anything.
    ///
    /// # How to fix it
    /// Where the header's value begins with `=?base64?` and ends with `?=`, decode what is between, then compare.
    ///
    /// # Reference
    /// MCP 2026-07-28, Streamable HTTP, "Value Encoding".
    pub struct NameHeaderEncoded;
}

const META: Meta = Meta {
    id: "name-header-encoded",
    requirements: &["mcp-transport-name-base64-decoded"],
    level: Level::Must,
    area: Area::Transport,
    needs: &[Need::ValidToken],
    revisions: Revisions::Stateless,
    follows_from: &["name-header-differs"],
    ..Meta::CALM
};

impl Check for NameHeaderEncoded {
    fn meta(&self) -> &'static Meta {
        &META
    }

    async fn run(&self, cx: &Context) -> Verdict {
        let token = cx.served_token().await?;
        let name = format!("conformance-{}", random_id());
        let call = Operation::CallTool { name: name.clone(), arguments: Map::new() };
        let wrapped = |name: &str| format!("=?base64?{}?=", STANDARD.encode(name));
        let with_header = |header: &str, what: &str| {
            cx.operation(&call)
                .bearer(&token.compact)
                .header("mcp-name", header)
                .purpose(format!("an unknown tool, {what}"))
        };
        let plain = cx.send(&with_header(&name, "its name in Mcp-Name (control)")).await?;
        // A JSON-RPC error, or a result that says so as a tool does: either shows that the header was right.
        let code = plain.error_code();
        if code == Some(HEADER_MISMATCH) || code.is_none() && plain.result().is_none() {
            return Err(Stop::inconclusive(format!("the call of an unknown tool got {}", with_code(&plain))));
        }
        let same = cx.send(&with_header(&wrapped(&name), "its name wrapped")).await?;
        looked_at(&same, "a wrapped name")?;
        if same.error_code() != code || code.is_none() && same.result().is_none() {
            let expected = format!("{} for the same name wrapped in base64, as for the plain one", with_code(&plain));
            return Err(Stop::violation(expected, with_code(&same)));
        }
        let other = cx.send(&with_header(&wrapped("conformance-other"), "another name wrapped")).await?;
        expect_error(&other, "another name wrapped in base64", StatusCode::BAD_REQUEST, &[HEADER_MISMATCH])
    }
}
