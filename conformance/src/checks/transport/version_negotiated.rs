//! Client and server agree on a version, or part.

use std::collections::BTreeSet;

use super::{looked_at, negotiate};
use crate::check::{Area, Check, Level, Meta, Need, Revisions, Stop, Verdict};
use crate::context::Context;
use crate::page;
use crate::text::quoted;

page! {
    /// initialize is answered with a version that the server speaks
    ///
    /// # What it checks
    /// initialize is sent with each known version up to 2025-11-25 and with 1999-01-01. Each answer must name a
    /// version: the one that was asked for, or one that the server names again when it is asked for that; never
    /// 1999-01-01. An error in answer to 1999-01-01 is remarked on. Sessions that are opened are ended again.
    ///
    /// # Why it matters
    /// What is agreed here decides by which rules both go on. A server that agrees to everything goes on by rules that
    /// it does not know.
    ///
    /// # How to fix it
    /// Answer with the version that was asked for where you support it, else with the newest that you support.
    ///
    /// # Reference
    /// MCP 2025-11-25, Lifecycle, "Version Negotiation".
    pub struct VersionNegotiated;
}

const META: Meta = Meta {
    id: "version-negotiated",
    requirements: &["mcp-lifecycle-version-negotiated"],
    level: Level::Must,
    area: Area::Transport,
    needs: &[Need::ValidToken],
    revisions: Revisions::Initialize,
    ..Meta::CALM
};

/// The versions that begin with `initialize`.
const KNOWN: [&str; 4] = ["2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25"];
/// A version of which no server can know.
const ANCIENT: &str = "1999-01-01";

impl Check for VersionNegotiated {
    fn meta(&self) -> &'static Meta {
        &META
    }

    async fn run(&self, cx: &Context) -> Verdict {
        let token = cx.served_token().await?;
        let mut confirmed = BTreeSet::new();
        let mut named = BTreeSet::new();
        for asked in KNOWN.into_iter().chain([ANCIENT]) {
            let (reply, answer) = negotiate(cx, &token.compact, asked).await?;
            let what = format!("initialize with {asked}");
            looked_at(&reply, &what)?;
            match answer {
                Some(answer) if answer == ANCIENT => {
                    return Err(Stop::violation("a version that the server speaks", format!("{ANCIENT} to {what}")));
                }
                Some(answer) => drop(if answer == asked { &mut confirmed } else { &mut named }.insert(answer)),
                None if reply.error_code().is_some() => cx.remark(format!("{what} got {}", reply.describe())),
                None => return Err(Stop::violation(format!("a version in answer to {what}"), reply.describe())),
            }
        }
        // A hostile server could name a new one each time.
        for version in named.difference(&confirmed).take(KNOWN.len()) {
            let (reply, again) = negotiate(cx, &token.compact, version).await?;
            looked_at(&reply, &format!("initialize with {}", quoted(version)))?;
            if again.as_ref() != Some(version) {
                let actual = again.map_or("none".to_owned(), |again| quoted(&again));
                let expected = format!("{}, which it had named, when asked for it", quoted(version));
                return Err(Stop::violation(expected, actual));
            }
        }
        Ok(())
    }
}
