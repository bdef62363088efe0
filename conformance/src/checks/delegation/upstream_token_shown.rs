//! What the server got for itself stays with it.

use super::{Caller, delegated, upstream_tools};
use crate::check::{Area, Check, Level, Meta, Need, Stop, Verdict};
use crate::checks::security::echo::shown;
use crate::context::Context;
use crate::mcp::{self, Operation};
use crate::page;
use crate::reply::Outcome;
use crate::upstream::Seen;

page! {
    /// No token for an API behind the server reaches the client
    ///
    /// # What it checks
    /// Each tool that calls the suite's upstream is called. The token that the upstream was sent, which the server got by
    /// exchange, may stand neither in the answer, its headers, its stream or its error, in any encoding, nor, as it is, in
    /// any other answer of the run so far, the list of tools among them, which is asked for once more; nor may its payload or
    /// its signature alone.
    ///
    /// # Why it matters
    /// A client that has the token calls that API itself: past the server, its checks and its log.
    ///
    /// # How to fix it
    /// Keep such tokens in the function that makes the call. Put neither requests nor responses of other APIs as a whole
    /// into results or errors.
    ///
    /// # Reference
    /// MCP 2026-07-28, Elicitation, "URL Mode Elicitation for OAuth Flows".
    pub struct UpstreamTokenShown;
}

const META: Meta = Meta {
    id: "upstream-token-shown",
    requirements: &["mcp-elicitation-no-third-party-credentials-to-client"],
    level: Level::Must,
    area: Area::Delegation,
    needs: &[Need::Upstream, Need::ZoneControl],
    ..Meta::CALM
};

impl Check for UpstreamTokenShown {
    fn meta(&self) -> &'static Meta {
        &META
    }

    async fn run(&self, cx: &Context) -> Verdict {
        let token = cx.accepted_token().await?;
        let mut unclear = Vec::new();
        for tool in upstream_tools(cx)? {
            let caller = Caller::new(cx, &token).await?;
            let called = delegated(cx, &tool, &caller).await?;
            // Those of other calls at the same time, too: it may show them no more than its own.
            let tokens = given_to_the_server(cx, called.upstream.iter())?;
            for part in tokens.iter().flat_map(|token| token.split('.').skip(1)) {
                if let Some((place, form)) = shown(&called.reply, part) {
                    let actual = format!("it stands in {place} of the answer of {}{form}", tool.describe());
                    return Err(Stop::violation("a token for the upstream that the client does not see", actual));
                }
            }
            if called.reply.outcome() != Outcome::Served {
                unclear.push(format!("{} got {}", tool.describe(), called.reply.describe()));
            } else if called.upstream.is_empty() {
                unclear.push(format!("{} was served, and the upstream was asked nothing", tool.describe()));
            }
        }
        // What was kept may come out with anything that is asked later.
        let list = mcp::post(cx.url(), &Operation::ListTools, cx.revision(), &cx.session()).bearer(&token.compact);
        cx.send(&list.purpose("tools/list after the calls")).await?;
        let all = given_to_the_server(cx, cx.upstream()?.seen_since(0).iter())?;
        if all.is_empty() && unclear.is_empty() {
            return Err(Stop::not_applicable("the upstream was sent no token that the zone issued for it"));
        }
        for token in all {
            if let Some(asked) = cx.was_answered_with(&token) {
                let actual = format!("it stands in an answer of this run, to: {asked}");
                return Err(Stop::violation("a token for the upstream that the client does not see", actual));
            }
        }
        if unclear.is_empty() { Ok(()) } else { Err(Stop::inconclusive(unclear.join("; "))) }
    }
}

/// The tokens among these that are for the upstream, so that no client had them before.
fn given_to_the_server<'a>(cx: &Context, seen: impl Iterator<Item = &'a Seen>) -> Result<Vec<String>, Stop> {
    let upstream = cx.upstream()?.url();
    let own = seen.filter(|seen| seen.claim("aud").as_deref() == Some(upstream));
    let tokens = own.filter_map(|seen| seen.bearer.clone());
    Ok(tokens.map(|token| cx.note(token, "token for the upstream")).collect())
}
