//! A client that names no version is an old one.

use http::StatusCode;

use super::{looked_at, request};
use crate::check::{Area, Check, Level, Meta, Need, Revisions, Stop, Verdict};
use crate::client::Connections;
use crate::context::Context;
use crate::page;
use crate::reply::{Outcome, Reply};

page! {
    /// A request without MCP-Protocol-Version is taken for one of 2025-03-26
    ///
    /// # What it checks
    /// The request that was just served is sent without the header, over a connection of its own. It should be served. A
    /// 400 that speaks of the version warns, unless 2025-03-26, named in the header, gets the same answer: then the
    /// server assumed that version and does not speak it. A server with sessions knows the version from its session.
    ///
    /// # Why it matters
    /// Clients of 2025-03-26 send no such header, since that version has none. A server that wants it shuts them out.
    ///
    /// # How to fix it
    /// Where the header is missing and nothing else tells the version, go on as if it were 2025-03-26.
    ///
    /// # Reference
    /// MCP 2025-11-25, Transports, "Protocol Version Header".
    pub struct AbsentVersion;
}

const META: Meta = Meta {
    id: "absent-version-assumed",
    requirements: &["mcp-transport-version-absent-default"],
    level: Level::Should,
    area: Area::Transport,
    needs: &[Need::ValidToken],
    revisions: Revisions::Initialize,
    ..Meta::CALM
};

const HEADER: &str = "mcp-protocol-version";

impl Check for AbsentVersion {
    fn meta(&self) -> &'static Meta {
        &META
    }

    async fn run(&self, cx: &Context) -> Verdict {
        let token = cx.served_token().await?;
        let apart = cx.apart(Connections::OneEach)?;
        let what = "a request without MCP-Protocol-Version";
        let absent = request(cx, &token.compact).without(HEADER).purpose(what);
        let reply = cx.send_over(&apart, &absent).await?;
        if reply.outcome() == Outcome::Served {
            return Ok(());
        }
        looked_at(&reply, what)?;
        let unclear = || Stop::inconclusive(format!("{what} got {}", reply.describe()));
        if reply.status != StatusCode::BAD_REQUEST || !speaks_of_the_version(&reply) {
            return Err(unclear());
        }
        if cx.session().id.is_some() {
            return Err(Stop::not_applicable("the server has sessions, which tell it the version"));
        }
        let named =
            request(cx, &token.compact).header(HEADER, "2025-03-26").purpose("MCP-Protocol-Version: 2025-03-26");
        let named = cx.send_over(&apart, &named).await?;
        if named.status == reply.status && said(&named) == said(&reply) {
            return Err(Stop::not_applicable("the server does not speak 2025-03-26, named or assumed"));
        }
        Err(Stop::violation(format!("{what} served as one of 2025-03-26"), reply.describe()))
    }
}

/// What the answer says, without the id that is another each time.
fn said(reply: &Reply) -> String {
    match reply.json() {
        Some(message) if message["error"].is_object() => message["error"].to_string(),
        _ => String::from_utf8_lossy(&reply.body).into_owned(),
    }
}

fn speaks_of_the_version(reply: &Reply) -> bool {
    let said = said(reply).to_ascii_lowercase();
    said.contains(HEADER) || said.contains("version")
}
