//! Trust is not inherited.

use crate::check::{Area, Check, Level, Meta, Need, Stop, Verdict};
use crate::context::Context;
use crate::mcp;
use crate::page;
use crate::reply::Outcome;

page! {
    /// The audience is checked on every request, not at the beginning alone
    ///
    /// # What it checks
    /// A session is opened with the accepted token, where the server has sessions, and a request is served. Then the
    /// same request is sent in that session and on that connection with a token for another resource, of the same user
    /// and client. It must be refused.
    ///
    /// # Why it matters
    /// A server that checks a session once lets it be continued with a token that was meant for somebody else.
    ///
    /// # How to fix it
    /// Verify the whole token on every request.
    ///
    /// # Reference
    /// OAuth 2.1 section 7.1.4; MCP Security Best Practices, "Session Hijacking".
    pub struct AudienceEachRequest;
}

const META: Meta = Meta {
    id: "audience-each-request",
    requirements: &["oauth21-7.1.4-audience-every-request"],
    level: Level::Must,
    area: Area::Audience,
    needs: &[Need::ZoneControl],
    follows_from: &["garbage-token", "audience-other"],
    ..Meta::CALM
};

impl Check for AudienceEachRequest {
    fn meta(&self) -> &'static Meta {
        &META
    }

    async fn run(&self, cx: &Context) -> Verdict {
        let token = cx.accepted_token().await?;
        let other = token.but(|t| t.claim("aud", "https://other.example/mcp"));
        let other = cx.sign(&other, "token for another resource").await?;
        let session = match cx.open_session(&token.compact, "the accepted token").await? {
            Ok(session) => session,
            Err(refusal) => return Err(Stop::inconclusive(format!("a second session got {}", refusal.describe()))),
        };
        let request = |token: &str| mcp::post(cx.url(), cx.bearing_operation(), cx.revision(), &session).bearer(token);
        let control = cx.send(&request(&token.compact).purpose("the accepted token (control)")).await?;
        if control.outcome() != Outcome::Served {
            return Err(Stop::inconclusive(format!("the accepted token got {}", control.describe())));
        }
        let purpose = "a token for another resource, right after the accepted one";
        cx.send(&request(&other).purpose(purpose)).await?.expect_refused()
    }
}
