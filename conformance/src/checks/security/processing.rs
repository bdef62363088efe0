//! First who asks, then what.

use serde_json::Map;

use super::{GARBAGE, refused_without_token, shut};
use crate::check::{Area, Check, Level, Meta, Stop, Verdict};
use crate::client::Request;
use crate::context::Context;
use crate::mcp::Operation;
use crate::page;
use crate::survey::{TokenFound, random_id};
use crate::text::quoted;

page! {
    /// Nothing is processed without a valid token
    ///
    /// # What it checks
    /// Without a token and with a word that is no token, a tool and a method that do not exist are called, and a
    /// message is sent that breaks off. No result may come back, a tool's error included, and, where the run has a
    /// token and so knows the names of the tools, none of these names.
    ///
    /// # Why it matters
    /// What an error says about the request was found out by working on it: for somebody who was not to be listened to.
    ///
    /// # How to fix it
    /// Put the check in front of the whole endpoint, before anything else decides about the request, and let nothing
    /// but a valid token in the Authorization header get past it.
    ///
    /// # Reference
    /// MCP 2026-07-28, Authorization, "Token Handling"; OAuth 2.1 section 5.2.
    pub struct Processing;
}

const META: Meta = Meta {
    id: "processing-without-token",
    requirements: &["mcp-auth-validate-before-processing"],
    level: Level::Must,
    area: Area::Security,
    follows_from: &["no-token", "garbage-token", "garbage-token-crash"],
    ..Meta::CALM
};

impl Check for Processing {
    fn meta(&self) -> &'static Meta {
        &META
    }

    async fn run(&self, cx: &Context) -> Verdict {
        refused_without_token(cx).await?;
        let names = tool_names(cx).await?;
        let unknown = Operation::Other("suite/unknown", Map::new());
        let absent = Operation::CallTool { name: format!("conformance-{}", random_id()), arguments: Map::new() };
        let cut = |mut request: Request| {
            let half = request.body.as_ref().map_or(0, Vec::len) / 2;
            request.body.iter_mut().for_each(|body| body.truncate(half));
            request
        };
        for (kind, bare) in [
            ("an unknown method", cx.operation(&unknown)),
            ("an unknown tool", cx.operation(&absent)),
            ("a message that breaks off", cut(cx.bearing())),
        ] {
            let sent = String::from_utf8_lossy(bare.body.as_deref().unwrap_or_default()).into_owned();
            for (with, request) in
                [("no token", bare.clone()), ("a word that is no token", bare.clone().bearer(GARBAGE))]
            {
                let what = format!("{kind} with {with}");
                let reply = cx.send(&request.purpose(&what)).await?;
                if reply.messages().iter().any(|message| message.get("result").is_some()) {
                    return Err(Stop::violation(format!("a refusal of {what}, and no result"), reply.describe()));
                }
                let text = String::from_utf8_lossy(&reply.body);
                if let Some(name) = names.iter().find(|name| !sent.contains(*name) && text.contains(name.as_str())) {
                    let actual = format!("{} that names the tool {}", reply.describe(), quoted(name));
                    return Err(Stop::violation(format!("a refusal of {what} that names no tool"), actual));
                }
                shut(&reply, &what)?;
            }
        }
        Ok(())
    }
}

/// The names of the server's tools, as far as they cannot be ordinary words of an error; none where there is no token.
async fn tool_names(cx: &Context) -> Result<Vec<String>, Stop> {
    let TokenFound::Accepted(token) = &cx.survey().token else { return Ok(Vec::new()) };
    let list = cx.operation(&Operation::ListTools).bearer(&token.compact);
    let result = cx.send(&list.purpose("the tools' names (control)")).await?.result().unwrap_or_default();
    let names = result["tools"].as_array().into_iter().flatten().filter_map(|tool| tool["name"].as_str());
    let telling = |name: &&str| name.len() >= 6 && name.contains(|c: char| !c.is_ascii_lowercase());
    Ok(names.filter(telling).take(100).map(str::to_owned).collect())
}
