//! One question, one answer, whoever else asked what before.

use std::collections::BTreeSet;

use super::request;
use crate::check::{Area, Check, Level, Meta, Need, Revisions, Stop, Verdict};
use crate::client::{Client, Connections};
use crate::context::Context;
use crate::page;
use crate::pages::{pages, tool_names};
use crate::survey::random_id;
use crate::text::quoted;
use crate::token::Token;

page! {
    /// The list of tools depends neither on the connection nor on earlier requests
    ///
    /// # What it checks
    /// `tools/list` is sent over a connection of its own, then the bearing request, then `tools/list` again over the
    /// same connection, and once more over another. The three lists must have the same tools. A difference counts where
    /// three rounds show the same one, since a list may change with time. With a zone each round is a new user's.
    ///
    /// # Why it matters
    /// Behind a proxy the requests of one client take many connections, and one connection has many clients. Tools that
    /// come and go with it are lost to one and shown to another.
    ///
    /// # How to fix it
    /// Work out the list from the token of the request at hand, and from nothing else that a request left behind.
    ///
    /// # Reference
    /// MCP 2026-07-28, Tools, "Capabilities".
    pub struct ToolListConnection;
}

const META: Meta = Meta {
    id: "tool-list-connection",
    requirements: &["mcp-tools-list-not-per-connection"],
    level: Level::Must,
    area: Area::Transport,
    needs: &[Need::ValidToken],
    revisions: Revisions::Stateless,
    ..Meta::CALM
};

/// How often the same difference is seen before it is believed.
const ROUNDS: usize = 3;
/// Most names that a finding shows.
const SHOWN: usize = 5;

impl Check for ToolListConnection {
    fn meta(&self) -> &'static Meta {
        &META
    }

    async fn run(&self, cx: &Context) -> Verdict {
        let token = cx.served_token().await?;
        let mut seen: Option<Difference> = None;
        for _ in 0..ROUNDS {
            let difference = round(cx, &token).await?;
            if difference.is_none() {
                return Ok(());
            }
            if seen.as_ref().is_some_and(|seen| *seen != difference) {
                return Err(Stop::inconclusive("the list of tools changes from one request to the next"));
            }
            seen = Some(difference);
        }
        Err(Stop::violation(
            "the same tools before and after another request, and over another connection",
            seen.unwrap_or_default().describe(),
        ))
    }
}

/// How the lists of one round differ from its first.
#[derive(Debug, Default, PartialEq, Eq)]
struct Difference {
    after_a_request: BTreeSet<String>,
    elsewhere: BTreeSet<String>,
}

impl Difference {
    fn is_none(&self) -> bool {
        self.after_a_request.is_empty() && self.elsewhere.is_empty()
    }

    fn describe(&self) -> String {
        let both = [("after another request", &self.after_a_request), ("over another connection", &self.elsewhere)];
        let differing = both.iter().filter(|(_, names)| !names.is_empty());
        let told = differing.map(|(when, names)| {
            let names: Vec<_> = names.iter().take(SHOWN).map(|name| quoted(name)).collect();
            format!("{when} the list differs in {}", names.join(", "))
        });
        told.collect::<Vec<_>>().join("; ")
    }
}

async fn round(cx: &Context, token: &Token) -> Result<Difference, Stop> {
    let (one, another) = (cx.apart(Connections::One)?, cx.apart(Connections::OneEach)?);
    let mut own = newcomer(cx, token).await?;
    let mut first = listed(cx, &one, &own, ", first over this connection").await?;
    if first.is_none() {
        // Not every server serves a user whom it has never seen.
        own.clone_from(&token.compact);
        first = listed(cx, &one, &own, ", first over this connection").await?;
    }
    let first = first.ok_or_else(|| Stop::inconclusive("tools/list is not served"))?;
    cx.send_over(&one, &request(cx, &own).purpose("another request over the same connection")).await?;
    let unlisted = || Stop::inconclusive("tools/list was served once, and then no more");
    let after = listed(cx, &one, &own, ", after another request").await?.ok_or_else(unlisted)?;
    let elsewhere = listed(cx, &another, &own, ", over another connection").await?.ok_or_else(unlisted)?;
    let differing = |list: &BTreeSet<String>| first.symmetric_difference(list).cloned().collect();
    Ok(Difference { after_a_request: differing(&after), elsewhere: differing(&elsewhere) })
}

/// A token of a user who has asked for nothing yet, where a zone can sign one.
async fn newcomer(cx: &Context, token: &Token) -> Result<String, Stop> {
    if cx.zone().is_err() || !token.is_jwt() {
        return Ok(token.compact.clone());
    }
    let draft = token.but(|t| {
        t.claim("sub", format!("conformance-{}", random_id()));
        t.claim("jti", random_id());
    });
    cx.sign(&draft, "token of a new user").await
}

/// The names of the tools; none where the list is refused.
async fn listed(cx: &Context, over: &Client, token: &str, why: &str) -> Result<Option<BTreeSet<String>>, Stop> {
    let pages = pages(cx, Some(over), token, "tools/list", why).await?;
    Ok(pages.ok().map(|pages| tool_names(&pages)))
}
