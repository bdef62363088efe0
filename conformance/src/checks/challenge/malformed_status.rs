//! Header values that no client means to send.

use http::StatusCode;

use super::{GARBAGE, guarded};
use crate::check::{Area, Check, Level, Meta, Stop, Verdict};
use crate::checks::security::stays_shut;
use crate::context::Context;
use crate::page;

page! {
    /// Malformed credentials are refused and do no harm
    ///
    /// # What it checks
    /// The bearing request carries `Authorization: Bearer` without a token, `Bearer a b`, and two `Authorization`
    /// fields with garbage. 400 is the status that MCP names for it, and 401 is accepted. 5xx and service break it.
    /// Another 4xx is not judged, and passes here.
    ///
    /// # Why it matters
    /// Code that splits the header on a space and takes the second part crashes on these, or takes them for
    /// no header at all. Anybody can send them.
    ///
    /// # How to fix it
    /// Parse the header with a library or one strict function, and refuse what it does not take.
    ///
    /// # Reference
    /// MCP 2026-07-28, Authorization, "Error Handling"; RFC 6750 section 3.1.
    pub struct MalformedCredentialsStatus;
}

const META: Meta = Meta {
    id: "malformed-credentials-status",
    requirements: &["mcp-auth-400-malformed"],
    level: Level::Must,
    area: Area::Challenge,
    ..Meta::CALM
};

impl Check for MalformedCredentialsStatus {
    fn meta(&self) -> &'static Meta {
        &META
    }

    async fn run(&self, cx: &Context) -> Verdict {
        guarded(cx).await?;
        let garbage = format!("Bearer {GARBAGE}");
        let twice = cx.bearing().authorization(&garbage).authorization("Bearer not-a-token-either");
        for (what, request) in [
            ("Bearer without a token", cx.bearing().authorization("Bearer")),
            ("Bearer with two words", cx.bearing().authorization("Bearer a b")),
            ("two Authorization fields", twice),
        ] {
            let purpose = format!("{} with {what}", cx.bearing_name());
            let reply = cx.send(&request.clone().purpose(purpose)).await?;
            if reply.status.is_success() || reply.status.is_server_error() {
                return Err(Stop::violation(format!("400 for {what}"), reply.describe()));
            }
            if !reply.status.is_client_error() || reply.is_in_front() {
                let because = format!("{what} got {}, which is no verdict on it", reply.describe());
                return Err(Stop::inconclusive(because));
            }
            if reply.status != StatusCode::BAD_REQUEST {
                stays_shut(cx, request, what).await?;
            }
        }
        Ok(())
    }
}
