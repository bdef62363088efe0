//! Nobody is asked in a way that they did not offer.

use serde_json::{Value, json};

use super::{TOOLS, silent};
use crate::check::{Area, Check, Level, Meta, Need, Revisions, Stop, Verdict};
use crate::context::Context;
use crate::inputs::{self, Caller, InputRequest, Pending};
use crate::page;
use crate::reply::Outcome;
use crate::text::quoted;

page! {
    /// A client is asked for nothing that it did not declare
    ///
    /// # What it checks
    /// Tools that are declared to ask for input are called by a client that can be asked in both modes. Then each that asked the
    /// user is called without any capability, with form mode alone (said so, and by an empty object), and with URL mode alone.
    /// No `inputRequests` may hold what the client did not declare.
    ///
    /// # Why it matters
    /// A client that cannot be asked drops the question, or worse, answers it without its user.
    ///
    /// # How to fix it
    /// Read `clientCapabilities` in the `_meta` of each request before you ask, and the mode as well. An empty `elicitation`
    /// means form mode.
    ///
    /// # Reference
    /// MCP 2026-07-28, Multi Round-Trip Requests, "Server Requirements".
    pub struct UndeclaredInput;
}

const META: Meta = Meta {
    id: "undeclared-input",
    requirements: &["mcp-mrtr-no-undeclared-input"],
    level: Level::Must,
    area: Area::Transport,
    needs: &[Need::ValidToken, Need::DeclaredBehaviour],
    revisions: Revisions::Stateless,
    ..Meta::CALM
};

impl Check for UndeclaredInput {
    fn meta(&self) -> &'static Meta {
        &META
    }

    async fn run(&self, cx: &Context) -> Verdict {
        let token = cx.served_token().await?;
        let caller = Caller::begin(cx, &token.compact).await?;
        let (asked, failed) = inputs::questions(cx, &caller).await?;
        for question in &asked {
            expect_only(&question.pending, InputRequest::is_elicitation, "elicitation alone")?;
        }
        let asked: Vec<_> =
            asked.iter().filter(|q| q.pending.requests.iter().any(InputRequest::is_elicitation)).take(TOOLS).collect();
        if asked.is_empty() {
            return Err(silent(cx, "asked its user for anything", &failed));
        }
        for question in asked {
            for (what, capabilities, allowed) in OFFERS {
                let request = caller.call(cx, question.name, &question.tool.arguments);
                let request = inputs::with_capabilities(request, cx.revision(), &capabilities());
                let purpose = format!("tools/call {} by a client with {what}", question.name);
                let reply = cx.send(&request.purpose(purpose)).await?;
                if reply.is_in_front() || reply.status.is_server_error() || reply.outcome() == Outcome::Unauthorized {
                    return Err(Stop::inconclusive(format!("a client with {what} got {}", reply.describe())));
                }
                if let Some(pending) = Pending::of(&reply) {
                    expect_only(&pending, *allowed, what)?;
                }
            }
        }
        Ok(())
    }
}

/// What a client offers, and what it may then be asked.
type Offer = (&'static str, fn() -> Value, fn(&InputRequest) -> bool);

const OFFERS: &[Offer] = &[
    ("no capabilities", || json!({}), |_| false),
    ("form mode alone", || json!({"elicitation": {"form": {}}}), InputRequest::is_form),
    ("an empty elicitation, which is form mode", || json!({"elicitation": {}}), InputRequest::is_form),
    (
        "URL mode alone",
        || json!({"elicitation": {"url": {}}}),
        |request| request.is_elicitation() && request.params["mode"] == "url",
    ),
];

fn expect_only(pending: &Pending, allowed: fn(&InputRequest) -> bool, offered: &str) -> Verdict {
    match pending.requests.iter().find(|request| !allowed(request)) {
        Some(request) => {
            let mode = request.params["mode"].as_str().filter(|_| request.is_elicitation());
            let mode = mode.map(|mode| format!(" in mode {}", quoted(mode))).unwrap_or_default();
            let expected = format!("no input that a client with {offered} did not declare");
            Err(Stop::violation(expected, format!("{}{mode} in inputRequests", quoted(&request.method))))
        }
        None => Ok(()),
    }
}
