//! A code means one thing.

use serde_json::{Map, Value, json};

use super::{request, result_of};
use crate::check::{Area, Check, Level, Meta, Need, Revisions, Stop, Verdict};
use crate::context::Context;
use crate::mcp::Operation;
use crate::page;
use crate::survey::random_id;

page! {
    /// No reserved error code is used
    ///
    /// # What it checks
    /// With the accepted token, errors are provoked: an unknown method and tool, wrong and missing headers, a version
    /// that is not spoken, `_meta` without its fields, a resource that does not exist where there are resources, broken
    /// JSON. None may have a code from -32020 to -32099 that this revision does not define, nor -32002 or -32042, which
    /// older ones used.
    ///
    /// # Why it matters
    /// Clients act on these codes. One that means something else today, or tomorrow, has them do the wrong thing.
    ///
    /// # How to fix it
    /// Use -32602 for what a client asked wrongly and codes above -32000 for what is your own.
    ///
    /// # Reference
    /// MCP 2026-07-28, Base Protocol, "Error Codes".
    pub struct ReservedErrorCodes;
}

const META: Meta = Meta {
    id: "reserved-error-codes",
    requirements: &["mcp-base-reserved-error-codes"],
    level: Level::Must,
    area: Area::Transport,
    needs: &[Need::ValidToken],
    revisions: Revisions::Stateless,
    ..Meta::CALM
};

/// HeaderMismatch, MissingRequiredClientCapability, UnsupportedProtocolVersion.
const DEFINED: [i64; 3] = [-32020, -32021, -32022];
/// Resource not found and URL elicitation required, as older revisions had them.
const RETIRED: [i64; 2] = [-32002, -32042];

impl Check for ReservedErrorCodes {
    fn meta(&self) -> &'static Meta {
        &META
    }

    async fn run(&self, cx: &Context) -> Verdict {
        let token = cx.served_token().await?;
        let good = request(cx, &token.compact);
        let ask = |operation: &Operation| cx.operation(operation).bearer(&token.compact);
        let version =
            |m: &mut Value| m["params"]["_meta"]["io.modelcontextprotocol/protocolVersion"] = "1999-01-01".into();
        let name = format!("conformance-{}", random_id());
        let mut provoking = vec![
            ("an unknown method", ask(&Operation::Other("suite/unknown", Map::new()))),
            ("no Mcp-Method", good.clone().without("mcp-method")),
            ("another version in _meta", good.clone().message(version)),
            ("an unknown version", good.clone().message(version).header("mcp-protocol-version", "1999-01-01")),
            ("no _meta", good.clone().message(|m| m["params"]["_meta"] = json!({}))),
            ("broken JSON", good.body("{")),
        ];
        let discovered = result_of(cx, &Operation::Discover, &token.compact).await.unwrap_or_default();
        if discovered["capabilities"]["resources"].is_object() {
            let params = Map::from_iter([("uri".to_owned(), format!("conformance:{name}").into())]);
            provoking.push(("an unknown resource", ask(&Operation::Other("resources/read", params))));
        }
        provoking.push(("an unknown tool", ask(&Operation::CallTool { name, arguments: Map::new() })));
        let mut judged = 0;
        for (what, request) in provoking {
            let reply = cx.send(&request.purpose(what)).await?;
            for code in reply.messages().iter().filter_map(|m| m["error"]["code"].as_i64()) {
                let is_reserved = (-32099..=-32020).contains(&code) && !DEFINED.contains(&code);
                if is_reserved || RETIRED.contains(&code) {
                    return Err(Stop::violation(
                        format!("a code that this revision has, for {what}"),
                        code.to_string(),
                    ));
                }
                judged += 1;
            }
        }
        if judged == 0 { Err(Stop::inconclusive("nothing was answered with a JSON-RPC error")) } else { Ok(()) }
    }
}
