//! A refresh token permits nothing at the server that asks.

use super::{bearer_challenges, refusals};
use crate::check::{Area, Check, Level, Meta, Revisions, Stop, Verdict};
use crate::context::Context;
use crate::page;

page! {
    /// The challenge does not ask for offline_access
    ///
    /// # What it checks
    /// `scope` in the `Bearer` challenges that answer no token, a garbage token and, where a tool needs a
    /// scope, a token without it should not name `offline_access`. MCP asks for this from 2026-07-28 on.
    ///
    /// # Why it matters
    /// The scope is for a refresh token, which is between the client and the authorization server. Asked for
    /// by the server, it makes every client ask its user for lasting access.
    ///
    /// # How to fix it
    /// Remove it from the scopes that you challenge with. Clients that want a refresh token add it
    /// themselves.
    ///
    /// # Reference
    /// MCP 2026-07-28, Authorization, "Refresh Tokens".
    pub struct ChallengeOfflineAccess;
}

const META: Meta = Meta {
    id: "challenge-offline-access",
    requirements: &["mcp-auth-challenge-no-offline-access"],
    level: Level::Should,
    area: Area::Challenge,
    revisions: Revisions::Stateless,
    ..Meta::CALM
};

impl Check for ChallengeOfflineAccess {
    fn meta(&self) -> &'static Meta {
        &META
    }

    async fn run(&self, cx: &Context) -> Verdict {
        cx.spoken()?;
        let mut seen = false;
        for (what, challenge) in bearer_challenges(&refusals(cx).await?)? {
            let Some(scope) = challenge.param("scope") else { continue };
            seen = true;
            if scope.split(' ').any(|s| s == "offline_access") {
                let actual = format!("offline_access in the answer to {what}");
                return Err(Stop::violation("a challenge whose scope lacks offline_access", actual));
            }
        }
        if seen { Ok(()) } else { Err(Stop::not_applicable("no challenge has a scope")) }
    }
}
