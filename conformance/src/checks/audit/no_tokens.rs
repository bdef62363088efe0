//! What is written down stays written down.

use crate::check::{Area, Check, Level, Meta, Need, Revisions, Stop, Verdict};
use crate::context::Context;
use crate::page;

page! {
    /// The audit feed holds no token and no secret
    ///
    /// # What it checks
    /// After a real sign-in the zone's audit feed is searched, in the events of that client, for the access token and the
    /// refresh token, whole or by a segment, for the code, its verifier and the password, and for whatever looks like a
    /// token. A finding here is about the zone, never about the server.
    ///
    /// # Why it matters
    /// Trails are read by many and kept for years. A token in them is good for whoever reads it in time, and a password
    /// for longer.
    ///
    /// # How to fix it
    /// Record identifiers: `jti`, the session, the client. With a mock zone, report it.
    ///
    /// # Reference
    /// MCP 2026-07-28, Authorization, "Token Theft".
    pub struct AuditFeedNoTokens;
}

const META: Meta = Meta {
    id: "audit-no-tokens",
    requirements: &["audit-feed-no-tokens"],
    level: Level::Must,
    area: Area::Audit,
    needs: &[Need::ZoneControl, Need::AuditFeed, Need::Browser],
    revisions: Revisions::Once,
    ..Meta::CALM
};

impl Check for AuditFeedNoTokens {
    fn meta(&self) -> &'static Meta {
        &META
    }

    async fn run(&self, cx: &Context) -> Verdict {
        let signed_in = cx.signed_in().await?;
        let events = cx.zone()?.events_of_client(&signed_in.client_id).await?;
        if events.is_empty() {
            return Err(Stop::inconclusive("the feed has no event of the sign-in"));
        }
        for event in &events {
            if let Some(what) = cx.given_away_by(&event.to_string()) {
                let name = event["event"].as_str().unwrap_or("an event");
                return Err(Stop::violation("identifiers only", format!("{what} in {}", crate::text::quoted(name))));
            }
        }
        Ok(())
    }
}
