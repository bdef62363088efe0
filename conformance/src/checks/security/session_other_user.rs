//! My session is mine.

use super::{in_session, own_session, shut};
use crate::check::{Area, Check, Level, Meta, Need, Revisions, Stop, Verdict};
use crate::context::Context;
use crate::page;
use crate::reply::Outcome;
use crate::survey::random_id;

page! {
    /// A session is refused to another user
    ///
    /// # What it checks
    /// A session is opened with the accepted token. POST, GET and DELETE are sent in it with a valid token of another
    /// user, who is served in a session of their own. They should be refused. A server that issues no session id is not
    /// concerned.
    ///
    /// # Why it matters
    /// Over a session run a user's answers, questions and state. Whoever gets hold of its id takes part in it, with a
    /// token of their own.
    ///
    /// # How to fix it
    /// Store the user with the session and compare it on every request; answer 404 as if there were no such session.
    ///
    /// # Reference
    /// MCP Security Best Practices, "Session Hijacking".
    pub struct SessionOtherUser;
}

const META: Meta = Meta {
    id: "session-other-user",
    requirements: &["sbp-session-bound-to-user"],
    level: Level::Should,
    area: Area::Security,
    needs: &[Need::ZoneControl],
    revisions: Revisions::Initialize,
    ..Meta::CALM
};

impl Check for SessionOtherUser {
    fn meta(&self) -> &'static Meta {
        &META
    }

    async fn run(&self, cx: &Context) -> Verdict {
        let token = cx.needed_token().await?;
        let session = own_session(cx, &token).await?;
        let draft = token.but(|t| t.claim("sub", format!("conformance-{}", random_id())));
        let other = cx.sign(&draft, "token of another user").await?;
        let control =
            cx.call_as_another(&other, "a token of another user, in a session of their own (control)").await?;
        if control.outcome() != Outcome::Served {
            return Err(Stop::inconclusive(format!("a token of another user got {}", control.describe())));
        }
        let mut verdict = Ok(());
        for (name, request) in in_session(cx, &session) {
            let what = format!("{name} in another user's session");
            let reply = cx.send(&request.bearer(&other).purpose(&what)).await?;
            verdict = verdict.and_then(|()| shut(&reply, &what));
        }
        cx.end_session(&token.compact, &session).await;
        verdict
    }
}
