//! No token, no call.

use std::time::Duration;

use serde_json::{Value, json};

use super::{Caller, delegated, upstream_tools};
use crate::check::{Area, Check, Disturbs, Level, Meta, Need, Stop, Verdict};
use crate::context::Context;
use crate::mcp::Operation;
use crate::page;
use crate::reply::Outcome;

page! {
    /// Where a token exchange fails, the tool fails, and the API behind it is not called
    ///
    /// # What it checks
    /// The zone answers a token exchange with `invalid_request`, with `invalid_target`, with 500 and not at all (the
    /// connection ends), each time for another user. The tool must then report an error, the upstream must see no call that
    /// carries any credentials, and the error must hold no token and no secret. Before, and again after, the exchange works
    /// and the tool is served.
    ///
    /// # Why it matters
    /// A tool that falls back on what it has (the caller's token, its own, a stored one) acts with rights that nobody gave.
    ///
    /// # How to fix it
    /// Let the exchange's error end the call; catch nothing on the way to the API.
    ///
    /// # Reference
    /// MCP Authorization, "Access Token Privilege Restriction"; MCP Security Best Practices, "Token Passthrough".
    pub struct ExchangeRefused;
}

const META: Meta = Meta {
    id: "exchange-refused",
    requirements: &["mcp-auth-no-token-forwarding"],
    level: Level::Must,
    area: Area::Delegation,
    needs: &[Need::Upstream, Need::ZoneControl, Need::FaultInjection],
    disturbs: Disturbs::TokenEndpoint,
    follows_from: &["token-forwarding", "exchange-user"],
    ..Meta::CALM
};

/// A fault that nobody mends ends by itself.
const FAILS_AT_MOST: Duration = Duration::from_secs(60);

impl Check for ExchangeRefused {
    fn meta(&self) -> &'static Meta {
        &META
    }

    async fn run(&self, cx: &Context) -> Verdict {
        let tool = upstream_tools(cx)?.swap_remove(0);
        let before = Caller::new(cx, &cx.accepted_token().await?).await?;
        let control = delegated(cx, &tool, &before).await?;
        if control.reply.outcome() != Outcome::Served {
            return Err(Stop::inconclusive(format!("{} got {}", tool.describe(), control.reply.describe())));
        }
        if control.exchanges.is_empty() {
            return Err(Stop::not_applicable(format!("{} exchanged no token at the zone", tool.describe())));
        }
        for (what, fault) in [
            ("invalid_request", json!({"status": 400, "json": {"error": "invalid_request"}})),
            ("invalid_target", json!({"status": 400, "json": {"error": "invalid_target"}})),
            ("500", json!({"status": 500})),
            ("no answer", json!({"close": true})),
        ] {
            cx.zone()?.fail_token_endpoint(fault, FAILS_AT_MOST).await?;
            let judged = judge(cx, &tool, what).await;
            cx.zone()?.mend_token_endpoint().await?;
            judged?;
        }
        let after = Caller::new(cx, &cx.accepted_token().await?).await?;
        let reply = after.call(cx, &tool).await?;
        if reply.outcome() == Outcome::Served {
            return Ok(());
        }
        Err(Stop::inconclusive(format!("when the zone worked again, {} got {}", tool.describe(), reply.describe())))
    }
}

async fn judge(cx: &Context, tool: &Operation, what: &str) -> Verdict {
    let caller = Caller::new(cx, &cx.accepted_token().await?).await?;
    let called = delegated(cx, tool, &caller).await?;
    if called.exchanges.is_empty() {
        return Err(Stop::inconclusive(format!("{} did not ask for an exchange when it was to fail", tool.describe())));
    }
    let carries = |text: &str| cx.given_away_by(text);
    if let Some(call) = called.upstream.iter().find(|seen| seen.has_credentials || carries(&seen.text).is_some()) {
        let with = if call.bearer.as_deref() == Some(caller.compact.as_str()) {
            "with the caller's own token"
        } else {
            "with credentials that no exchange gave"
        };
        return Err(Stop::violation(
            format!("no call of the upstream where the exchange got {what}"),
            format!("a call of it {with}"),
        ));
    }
    let reply = &called.reply;
    if reply.outcome() == Outcome::Served {
        return Err(Stop::violation(format!("a tool's error where the exchange got {what}"), reply.describe()));
    }
    let headers = reply.headers.values().map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned());
    let session = reply.header("mcp-session-id").map(str::to_owned);
    let mut texts = headers.filter(|text| Some(text) != session.as_ref()).chain([text_of(&reply.body)]);
    match texts.find_map(|text| carries(&text)) {
        Some(shown) => Err(Stop::violation("an error without tokens and secrets", format!("{shown} in the error"))),
        None => Ok(()),
    }
}

fn text_of(body: &[u8]) -> String {
    // A text in JSON has its slashes and quotes escaped.
    let parsed = serde_json::from_slice::<Value>(body).ok();
    parsed.map_or_else(|| String::from_utf8_lossy(body).into_owned(), |value| value.to_string())
}
