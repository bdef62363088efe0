//! A token is for one server, and no letter of introduction.

use super::{Caller, upstream_tools};
use crate::check::{Area, Check, Level, Meta, Need, Stop, Verdict};
use crate::context::Context;
use crate::page;
use crate::reply::Outcome;
use crate::traces::form_in;

page! {
    /// The caller's token is not passed on to an API behind the server
    ///
    /// # What it checks
    /// Each tool that calls the suite's upstream is called with a token that is nobody else's. Nothing that the upstream was
    /// sent may hold that token, its payload or its signature: in no header, query, cookie or body, as it is, in base64, in
    /// hexadecimal or percent-encoded.
    ///
    /// # Why it matters
    /// A token that is passed on is a stolen one from where it arrives: that API, and whoever reads its logs, can call this
    /// server in the user's name. And an API that takes it has skipped the audience.
    ///
    /// # How to fix it
    /// Get a token for that API: exchange the caller's for one at the authorization server (RFC 8693), with the API as its
    /// `resource`.
    ///
    /// # Reference
    /// MCP 2026-07-28, Authorization, "Access Token Privilege Restriction"; MCP Security Best Practices, "Token Passthrough".
    pub struct TokenForwarding;
}

const META: Meta = Meta {
    id: "token-forwarding",
    requirements: &["mcp-auth-no-token-forwarding"],
    level: Level::Must,
    area: Area::Delegation,
    needs: &[Need::Upstream, Need::ZoneControl],
    ..Meta::CALM
};

impl Check for TokenForwarding {
    fn meta(&self) -> &'static Meta {
        &META
    }

    async fn run(&self, cx: &Context) -> Verdict {
        let token = cx.accepted_token().await?;
        let upstream = cx.upstream()?;
        let mut unclear = Vec::new();
        for tool in upstream_tools(cx)? {
            let caller = Caller::new(cx, &token).await?;
            let place = upstream.place();
            let reply = caller.call(cx, &tool).await?;
            let seen = upstream.seen_since(place);
            // The header is the same for all tokens of the zone, those for the upstream included.
            for part in caller.compact.split('.').skip(1).filter(|part| part.len() >= PART_AT_LEAST) {
                let found = seen.iter().find_map(|request| form_in(request.text.as_bytes(), part));
                if let Some(form) = found {
                    let actual = format!("{} sent it the caller's own token, or a part of it{form}", tool.describe());
                    return Err(Stop::violation("an upstream that is sent nothing of the caller's token", actual));
                }
            }
            if reply.outcome() != Outcome::Served {
                unclear.push(format!("{} got {}", tool.describe(), reply.describe()));
            } else if seen.is_empty() {
                unclear.push(format!("{} was served, and the upstream was asked nothing", tool.describe()));
            }
        }
        if unclear.is_empty() { Ok(()) } else { Err(Stop::inconclusive(unclear.join("; "))) }
    }
}

/// Shorter segments may stand in a text by chance.
const PART_AT_LEAST: usize = 40;
