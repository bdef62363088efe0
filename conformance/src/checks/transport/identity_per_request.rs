//! A connection is nobody.

use super::{bearing_tool, request};
use crate::check::{Area, Check, Level, Meta, Need, Revisions, Stop, Verdict};
use crate::client::Connections;
use crate::context::Context;
use crate::page;
use crate::reply::Outcome;
use crate::survey::random_id;

/// Requests of the two users, in turn.
const REQUESTS: usize = 6;

page! {
    /// Each request is answered for its own caller, whoever used the connection before
    ///
    /// # What it checks
    /// The bearing tool is called with tokens of two users in turn over one connection. Where the tool shows who calls
    /// it, each answer must show the user of its own token and not the other. Where it does not, the check does not
    /// apply: name a tool that does with `--tool`.
    ///
    /// # Why it matters
    /// Proxies send the requests of many users over one connection. A server that remembers who came first does for one
    /// user what another asked for.
    ///
    /// # How to fix it
    /// Take the caller from the token of the request at hand, and keep nothing about it beyond.
    ///
    /// # Reference
    /// MCP 2026-07-28, Base Protocol, "Statelessness".
    pub struct IdentityPerRequest;
}

const META: Meta = Meta {
    id: "identity-per-request",
    requirements: &["mcp-base-stateless-no-prior-requests"],
    level: Level::Must,
    area: Area::Transport,
    needs: &[Need::ZoneControl, Need::DeclaredTool],
    revisions: Revisions::Stateless,
    ..Meta::CALM
};

impl Check for IdentityPerRequest {
    fn meta(&self) -> &'static Meta {
        &META
    }

    async fn run(&self, cx: &Context) -> Verdict {
        bearing_tool(cx)?;
        let token = cx.served_token().await?;
        let mut callers = Vec::new();
        for _ in 0..2 {
            let subject = format!("conformance-{}", random_id());
            let other = cx.sign(&token.but(|t| t.claim("sub", subject.clone())), "token of another user").await?;
            callers.push((subject, other));
        }
        // Each alone, over connections of their own: does the tool show its caller?
        let alone = cx.apart(Connections::OneEach)?;
        for (subject, own) in &callers {
            let reply = cx.send_over(&alone, &request(cx, own).purpose("another user, alone (control)")).await?;
            if reply.outcome() != Outcome::Served {
                return Err(Stop::inconclusive(format!("a token of another user got {}", reply.describe())));
            }
            if !String::from_utf8_lossy(&reply.body).contains(subject.as_str()) {
                return Err(Stop::not_applicable(format!("{} does not show its caller", cx.bearing_name())));
            }
        }
        let client = cx.apart(Connections::One)?;
        let (mut connections, mut left_open) = (Vec::new(), false);
        for (at, (subject, own)) in callers.iter().cycle().take(REQUESTS).enumerate() {
            let (other, _) = &callers[1 - at % 2];
            let request =
                request(cx, own).header("connection", "keep-alive").purpose("users in turn over one connection");
            let reply = cx.send_over(&client, &request).await?;
            if reply.outcome() != Outcome::Served {
                return Err(Stop::inconclusive(format!("a token of another user got {}", reply.describe())));
            }
            connections.push(reply.connection);
            left_open |= reply.left_open;
            let text = String::from_utf8_lossy(&reply.body);
            if text.contains(other.as_str()) || !text.contains(subject.as_str()) {
                return Err(Stop::violation("an answer for the user of the request's token", "one for another user"));
            }
        }
        if left_open {
            let because = "a stream that brought an answer did not end, so its connection was not used again";
            return Err(Stop::inconclusive(because));
        }
        if !connections.windows(2).any(|two| two[0] == two[1]) {
            return Err(Stop::not_applicable("the server closes its connections, so that no two requests share one"));
        }
        Ok(())
    }
}
