//! Whether it is the end, or a question.

use super::result_of;
use crate::check::{Area, Check, Level, Meta, Need, Revisions, Stop, Verdict};
use crate::context::Context;
use crate::mcp::Operation;
use crate::page;
use crate::text::quoted;

page! {
    /// Every result says of what type it is
    ///
    /// # What it checks
    /// server/discover and tools/list are sent with the accepted token. Each result must have a `resultType` that is
    /// text.
    ///
    /// # Why it matters
    /// By it a client tells a finished result from one that asks for more input. Without it, a question is taken for
    /// the answer.
    ///
    /// # How to fix it
    /// Put `"resultType": "complete"` into every result that is one. Current SDKs do so.
    ///
    /// # Reference
    /// MCP 2026-07-28, Base Protocol, "Result Responses".
    pub struct ResultType;
}

const META: Meta = Meta {
    id: "result-type",
    requirements: &["mcp-base-result-type"],
    level: Level::Must,
    area: Area::Transport,
    needs: &[Need::ValidToken],
    revisions: Revisions::Stateless,
    ..Meta::CALM
};

impl Check for ResultType {
    fn meta(&self) -> &'static Meta {
        &META
    }

    async fn run(&self, cx: &Context) -> Verdict {
        let token = cx.served_token().await?;
        for operation in [Operation::Discover, Operation::ListTools] {
            let Ok(result) = result_of(cx, &operation, &token.compact).await else { continue };
            if !result["resultType"].is_string() {
                let actual = result.get("resultType").map_or("none".to_owned(), |value| quoted(&value.to_string()));
                return Err(Stop::violation(format!("a resultType in the result of {}", operation.describe()), actual));
            }
        }
        result_of(cx, &Operation::ListTools, &token.compact).await.map(drop)
    }
}
