//! A guard that knows one revision is no guard for another.

use super::shut;
use crate::check::{Area, Check, Level, Meta, Need, Verdict};
use crate::context::Context;
use crate::mcp::{self, Revision, Session};
use crate::page;

page! {
    /// No other revision is served without a token
    ///
    /// # What it checks
    /// The bearing request, which needs a token, is sent without one and with `MCP-Protocol-Version` 2025-11-25,
    /// 2025-06-18, 2025-03-26, 2024-11-05, a version that does not exist, one that is no version, and none at all. None
    /// may be served. The same request is sent in the form of the other era, that with `initialize` or that without it,
    /// whether or not the server was seen to speak it.
    ///
    /// # Why it matters
    /// Servers route by revision. Where the check stands on the path of the newest one alone, a single header leads
    /// around it.
    ///
    /// # How to fix it
    /// Put the check in front of the whole endpoint, before anything else decides about the request, and let nothing
    /// but a valid token in the Authorization header get past it.
    ///
    /// # Reference
    /// MCP Security Best Practices, "Session Hijacking"; OAuth 2.1 section 5.2.
    pub struct OlderRevision;
}

const META: Meta = Meta {
    id: "older-revision-without-token",
    requirements: &["sbp-verify-all-requests"],
    level: Level::Must,
    area: Area::Security,
    needs: &[Need::ValidToken],
    follows_from: &["no-token"],
    ..Meta::CALM
};

/// Those that begin with `initialize`, one that does not exist, and what is no version.
const VERSIONS: [&str; 6] = ["2025-11-25", "2025-06-18", "2025-03-26", "2024-11-05", "2099-01-01", "not-a-version"];

impl Check for OlderRevision {
    fn meta(&self) -> &'static Meta {
        &META
    }

    async fn run(&self, cx: &Context) -> Verdict {
        cx.needed_token().await?;
        let mut forms = vec![cx.bearing()];
        for other in Revision::LIKELY.into_iter().filter(|other| other.initializes() != cx.revision().initializes()) {
            let form = mcp::post(cx.url(), cx.bearing_operation(), other, &Session::default());
            let what = format!("a request of {other} without a token");
            shut(&cx.send(&form.clone().purpose(&what)).await?, &what)?;
            if other < cx.revision() {
                forms.push(form);
            }
        }
        for form in forms {
            for version in VERSIONS.into_iter().filter(|version| *version != cx.revision().name()) {
                let request = form.clone().header("mcp-protocol-version", version);
                let what = format!("a request of {version} without a token");
                shut(&cx.send(&request.purpose(&what)).await?, &what)?;
            }
            let request = form.without("mcp-protocol-version").purpose("no version, without a token");
            shut(&cx.send(&request).await?, "a request of no version without a token")?;
        }
        Ok(())
    }
}
