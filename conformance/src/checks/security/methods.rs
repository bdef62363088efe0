//! What else can be asked for.

use serde_json::{Map, json};

use super::{GARBAGE, may_be_a_guards, shut};
use crate::check::{Area, Check, Level, Meta, Stop, Verdict};
use crate::client::Request;
use crate::context::Context;
use crate::mcp::Operation;
use crate::page;
use crate::survey::random_id;

page! {
    /// Other methods need a valid token
    ///
    /// # What it checks
    /// ping, resources/list, resources/templates/list, prompts/list, completion/complete, logging/setLevel and the call
    /// of a tool that does not exist are sent without a token and with a word that is no token. None should be served.
    /// A server may leave some open on purpose, so this is a warning.
    ///
    /// # Why it matters
    /// Resources and prompts are what a server works with; their names alone tell a lot, and a method that was
    /// forgotten seldom comes alone.
    ///
    /// # How to fix it
    /// Put the check in front of the whole endpoint, for every JSON-RPC message, instead of into a handler.
    ///
    /// # Reference
    /// MCP 2026-07-28, Transports, "Security Warning".
    pub struct Methods;
}

const META: Meta = Meta {
    id: "methods-without-token",
    requirements: &["mcp-transport-authenticate-all"],
    level: Level::Should,
    area: Area::Security,
    follows_from: &["no-token", "garbage-token", "garbage-token-crash"],
    ..Meta::CALM
};

impl Check for Methods {
    fn meta(&self) -> &'static Meta {
        &META
    }

    async fn run(&self, cx: &Context) -> Verdict {
        let reference =
            json!({"ref": {"type": "ref/prompt", "name": "conformance"}, "argument": {"name": "a", "value": ""}});
        let mut operations =
            vec![Operation::CallTool { name: format!("conformance-{}", random_id()), arguments: Map::new() }];
        for (method, params) in [
            ("ping", json!({})),
            ("resources/list", json!({})),
            ("resources/templates/list", json!({})),
            ("prompts/list", json!({})),
            ("completion/complete", reference),
            ("logging/setLevel", json!({"level": "info"})),
        ] {
            operations.push(Operation::Other(method, params.as_object().cloned().unwrap_or_default()));
        }
        let answer = json!({"jsonrpc": "2.0", "id": "conformance-none", "result": {}}).to_string();
        let answer = Request { rpc_id: None, ..cx.operation(&Operation::Notification("conformance")).body(answer) };
        let requests = operations.iter().map(|operation| (operation.method().to_owned(), cx.operation(operation)));
        for (name, bare) in requests.chain([("an answer".to_owned(), answer)]) {
            for (with, request) in [("no token", bare.clone()), ("a word that is no token", bare.bearer(GARBAGE))] {
                let what = format!("{name} with {with}");
                let reply = cx.send(&request.purpose(&what)).await?;
                shut(&reply, &what)?;
                if may_be_a_guards(cx, &reply) {
                    return Err(Stop::inconclusive(format!("{what} got {}", reply.describe())));
                }
            }
        }
        Ok(())
    }
}
