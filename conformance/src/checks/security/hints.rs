//! A refusal that differs is an answer.

use http::StatusCode;
use serde_json::Map;

use super::refused_without_token;
use crate::check::{Area, Check, Level, Meta, Stop, Verdict};
use crate::context::Context;
use crate::mcp::Operation;
use crate::page;
use crate::survey::random_id;

page! {
    /// A refusal does not tell what exists
    ///
    /// # What it checks
    /// Without a token the bearing request, a tool that does not exist and a method that does not exist are asked for.
    /// Status, challenge and body should be the same for all three. The `scope` of a challenge may differ, since MCP
    /// has it name what the request needs; so may the id and the name that were sent, and a body that also differs
    /// between two equal requests is not compared.
    ///
    /// # Why it matters
    /// Whoever can tell a tool that exists from one that does not has the list of tools, one guess at a time.
    ///
    /// # How to fix it
    /// Put the check in front of the whole endpoint, before anything else decides about the request, and let nothing
    /// but a valid token in the Authorization header get past it.
    ///
    /// # Reference
    /// MCP 2026-07-28, Authorization, "Token Handling".
    pub struct Hints;
}

const META: Meta = Meta {
    id: "hints-without-token",
    requirements: &["mcp-auth-validate-before-processing"],
    level: Level::Should,
    area: Area::Security,
    follows_from: &["no-token", "processing-without-token"],
    ..Meta::CALM
};

impl Check for Hints {
    fn meta(&self) -> &'static Meta {
        &META
    }

    async fn run(&self, cx: &Context) -> Verdict {
        refused_without_token(cx).await?;
        let first = refusal(cx, cx.bearing_operation()).await?;
        let again = refusal(cx, cx.bearing_operation()).await?;
        let unknown = Operation::Other("conformance/unknown", Map::new());
        let absent = Operation::CallTool { name: format!("conformance-{}", random_id()), arguments: Map::new() };
        for (what, operation) in [("a method", unknown), ("a tool", absent)] {
            let other = refusal(cx, &operation).await?;
            let same_body = other.body == first.body || first.body != again.body;
            if other.status != first.status || other.challenges != first.challenges || !same_body {
                let expected = format!("the same refusal for {what} that does not exist as for {}", cx.bearing_name());
                let part = match (other.status == first.status, other.challenges == first.challenges) {
                    (false, _) => format!("{} against {}", other.status, first.status),
                    (true, false) => "another challenge".to_owned(),
                    (true, true) => "another body".to_owned(),
                };
                return Err(Stop::violation(expected, part));
            }
        }
        Ok(())
    }
}

/// What somebody without a token sees of a refusal, without what they sent themselves.
struct Refusal {
    status: StatusCode,
    challenges: Vec<String>,
    body: String,
}

async fn refusal(cx: &Context, operation: &Operation) -> Result<Refusal, Stop> {
    let request = cx.operation(operation).purpose(format!("{} without a token", operation.describe()));
    let reply = cx.send(&request).await?;
    if reply.is_in_front() || reply.status.is_server_error() {
        return Err(Stop::inconclusive(format!("{} got {}", request.purpose, reply.describe())));
    }
    let mut challenges = Vec::new();
    for mut challenge in reply.challenges().unwrap_or_default() {
        challenge.params.retain(|(name, _)| !name.eq_ignore_ascii_case("scope"));
        challenges.push(format!("{challenge:?}"));
    }
    let mut body = String::from_utf8_lossy(&reply.body).into_owned();
    let id = request.rpc_id.map(|id| format!("\"id\":{id}")).unwrap_or_default();
    for own in [id.as_str(), operation.method()] {
        body = body.replace(own, "");
    }
    if let Operation::CallTool { name, .. } = operation {
        body = body.replace(name, "");
    }
    Ok(Refusal { status: reply.status, challenges, body })
}
