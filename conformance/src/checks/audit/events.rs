//! The guide ends with three lines in an audit log.

use serde_json::Value;

use crate::check::{Area, Check, Level, Meta, Need, Revisions, Stop, Verdict};
use crate::context::Context;
use crate::page;
use crate::sign_in::SignedIn;

page! {
    /// A sign-in leaves its three events, in order
    ///
    /// # What it checks
    /// After a real sign-in the zone's audit feed must hold `users:authenticate`, `users:authorize` and
    /// `credentials:issue`, in this order, each a success, for that user, that client and (from the authorization on)
    /// that resource. A finding here is about the zone, never about the server.
    ///
    /// # Why it matters
    /// The trail is what an auditor asks for: who signed in, what was allowed, which credential came of it.
    ///
    /// # How to fix it
    /// This is a matter of the zone. With a mock zone, report it; with another one, look at what it logs.
    ///
    /// # Reference
    /// The Keycard guide, "Verify in Keycard Console".
    pub struct AuditEvents;
}

const META: Meta = Meta {
    id: "audit-events",
    requirements: &[
        "keycard-guide-audit-users-authenticate",
        "keycard-guide-audit-users-authorize",
        "keycard-guide-audit-credentials-issue",
    ],
    level: Level::Must,
    area: Area::Audit,
    needs: &[Need::ZoneControl, Need::AuditFeed, Need::Browser],
    revisions: Revisions::Once,
    ..Meta::CALM
};

impl Check for AuditEvents {
    fn meta(&self) -> &'static Meta {
        &META
    }

    async fn run(&self, cx: &Context) -> Verdict {
        let signed_in = cx.signed_in().await?;
        let events = cx.zone()?.events_of_client(&signed_in.client_id).await?;
        let mut seen = events.iter().filter(|e| e["outcome"] == "success" && concerns(e, signed_in));
        for name in ["users:authenticate", "users:authorize", "credentials:issue"] {
            let found = seen.any(|e| {
                e["event"] == name && (name == "users:authenticate" || e["resource"] == signed_in.resource.as_str())
            });
            if !found {
                let names: Vec<_> = events
                    .iter()
                    .map(|e| {
                        format!(
                            "{} ({})",
                            e["event"].as_str().unwrap_or_default(),
                            e["outcome"].as_str().unwrap_or_default()
                        )
                    })
                    .collect();
                return Err(Stop::violation(
                    format!("{name} in its place, for the user and the client of the sign-in"),
                    format!("events of the client: {}", names.join(", ")),
                ));
            }
        }
        Ok(())
    }
}

/// Whether an event names the user and the client of the sign-in.
fn concerns(event: &Value, signed_in: &SignedIn) -> bool {
    let actor = &event["actor"];
    actor["user"]["identifier"] == signed_in.user.as_str()
        && actor["client"]["client_id"] == signed_in.client_id.as_str()
}
