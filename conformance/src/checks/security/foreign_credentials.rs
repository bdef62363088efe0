//! A stranger's page with my cookies.

use crate::check::{Area, Check, Level, Meta, Revisions, Stop, Verdict};
use crate::context::Context;
use crate::cors::{FOREIGN, anonymous, preflight};
use crate::page;

page! {
    /// No foreign origin is let in with credentials
    ///
    /// # What it checks
    /// A request without a token and a preflight are sent with an `Origin` that the server cannot know. No answer may
    /// repeat it in `Access-Control-Allow-Origin` together with `Access-Control-Allow-Credentials: true`.
    ///
    /// # Why it matters
    /// Any page that a user visits may then call the server with whatever credentials the user's browser has for it, and
    /// read the answers.
    ///
    /// # How to fix it
    /// Have a list of origins and compare with it; leave out `Access-Control-Allow-Credentials`, which bearer tokens do
    /// not need.
    ///
    /// # Reference
    /// WHATWG Fetch, "HTTP CORS protocol".
    pub struct ForeignCredentials;
}

const META: Meta = Meta {
    id: "foreign-credentials",
    requirements: &["cors-no-wildcard-with-credentials"],
    level: Level::Must,
    area: Area::Security,
    revisions: Revisions::Once,
    ..Meta::CALM
};

impl Check for ForeignCredentials {
    fn meta(&self) -> &'static Meta {
        &META
    }

    async fn run(&self, cx: &Context) -> Verdict {
        let mut seen = 0;
        for request in [anonymous(cx, FOREIGN), preflight(cx, FOREIGN)] {
            let reply = cx.send(&request).await?;
            let is_let_in = reply.header("access-control-allow-origin") == Some(FOREIGN);
            if is_let_in && reply.header("access-control-allow-credentials") == Some("true") {
                return Err(Stop::violation(
                    "no credentials for an origin that the server cannot know",
                    format!("{FOREIGN} is allowed, with credentials"),
                ));
            }
            seen += usize::from(!reply.is_in_front() && !reply.status.is_server_error());
        }
        if seen == 0 { Err(Stop::inconclusive("neither request got an answer of the server's own")) } else { Ok(()) }
    }
}
