//! An answer belongs to a question.

use serde_json::Map;

use crate::check::{Area, Check, Level, Meta, Need, Stop, Verdict};
use crate::context::Context;
use crate::mcp::Operation;
use crate::page;
use crate::reply::Outcome;
use crate::survey::random_id;
use crate::text::quoted;

page! {
    /// An error has the id of its request
    ///
    /// # What it checks
    /// With the accepted token, a method and a tool that do not exist are called, each with a number and with text for
    /// its id. A JSON-RPC error in the answer must have that id. Answers that are no JSON-RPC are left out.
    ///
    /// # Why it matters
    /// A client that waits for an id waits for ever when the error has another, or hands it to whoever asked for that
    /// one.
    ///
    /// # How to fix it
    /// Copy the id of the request, with its type, into the error.
    ///
    /// # Reference
    /// MCP 2026-07-28, Base Protocol, "Error Responses"; JSON-RPC 2.0 section 5.
    pub struct ErrorId;
}

const META: Meta = Meta {
    id: "error-id",
    requirements: &["mcp-base-error-id"],
    level: Level::Must,
    area: Area::Transport,
    needs: &[Need::ValidToken],
    ..Meta::CALM
};

impl Check for ErrorId {
    fn meta(&self) -> &'static Meta {
        &META
    }

    async fn run(&self, cx: &Context) -> Verdict {
        let token = cx.served_token().await?;
        let unknown = Operation::Other("suite/unknown", Map::new());
        let absent = Operation::CallTool { name: format!("conformance-{}", random_id()), arguments: Map::new() };
        let mut judged = 0;
        for operation in [unknown, absent] {
            let number = cx.operation(&operation).bearer(&token.compact);
            let text = number.clone().message(|m| m["id"] = random_id().into());
            for (kind, request) in [("a number", number), ("text", text)] {
                let what = format!("{} with {kind} for its id", operation.method());
                let reply = cx.send(&request.clone().purpose(&what)).await?;
                if matches!(reply.outcome(), Outcome::Unauthorized | Outcome::Forbidden) {
                    continue;
                }
                let id = request.rpc_id.unwrap_or_default();
                for message in reply.messages().iter().filter(|m| m.get("error").is_some()) {
                    if message["id"] != id {
                        let actual = message.get("id").map_or("none".to_owned(), |id| quoted(&id.to_string()));
                        return Err(Stop::violation(format!("the error to {what} to have that id"), actual));
                    }
                    judged += 1;
                }
            }
        }
        if judged == 0 { Err(Stop::inconclusive("nothing was answered with a JSON-RPC error")) } else { Ok(()) }
    }
}
