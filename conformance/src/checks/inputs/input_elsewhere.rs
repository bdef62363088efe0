//! Only three requests may be answered with a question.

use serde_json::{Map, json};

use crate::check::{Area, Check, Level, Meta, Need, Revisions, Stop, Verdict};
use crate::context::Context;
use crate::inputs::{self, Step};
use crate::mcp::Operation;
use crate::page;

page! {
    /// Discovery and lists never ask for input
    ///
    /// # What it checks
    /// server/discover and the lists of tools, prompts, resources and resource templates are sent with the accepted token, by a
    /// client that can be asked for anything. None may be answered with `input_required`. A list that the server does not have
    /// is left out.
    ///
    /// # Why it matters
    /// A client expects a question in answer to three methods. Elsewhere it takes it for a list, and goes on with nothing.
    ///
    /// # How to fix it
    /// Ask only in answer to tools/call, prompts/get and resources/read.
    ///
    /// # Reference
    /// MCP 2026-07-28, Multi Round-Trip Requests, "Supported Requests".
    pub struct InputElsewhere;
}

const META: Meta = Meta {
    id: "input-required-elsewhere",
    requirements: &["mcp-mrtr-only-supported-requests"],
    level: Level::Must,
    area: Area::Transport,
    needs: &[Need::ValidToken],
    revisions: Revisions::Stateless,
    ..Meta::CALM
};

impl Check for InputElsewhere {
    fn meta(&self) -> &'static Meta {
        &META
    }

    async fn run(&self, cx: &Context) -> Verdict {
        let token = cx.served_token().await?;
        let lists = ["prompts/list", "resources/list", "resources/templates/list"];
        let lists = lists.map(|method| Operation::Other(method, Map::new()));
        let mut served = false;
        for operation in [Operation::Discover, Operation::ListTools].into_iter().chain(lists) {
            let what = operation.describe();
            let everything = json!({"elicitation": {"form": {}, "url": {}}, "sampling": {}, "roots": {}});
            let request = cx.operation(&operation).bearer(&token.compact);
            let request = inputs::with_capabilities(request, cx.revision(), &everything);
            let reply = cx.send(&request.purpose(format!("{what} by a client that can be asked for anything"))).await?;
            match Step::of(&reply) {
                Step::Done => served = true,
                Step::Asks(_) => return Err(Stop::violation(format!("a result of {what}"), "input_required")),
                Step::Refused if reply.is_in_front() || reply.status.is_server_error() => {
                    return Err(Stop::inconclusive(format!("{what} got {}", reply.describe())));
                }
                Step::Refused => {}
            }
        }
        if served { Ok(()) } else { Err(Stop::inconclusive("neither server/discover nor a list was served")) }
    }
}
