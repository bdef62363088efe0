//! Who knows a number is not who they say.

use super::{GARBAGE, in_session, own_session, shut};
use crate::check::{Area, Check, Level, Meta, Need, Revisions, Verdict};
use crate::checks::challenge::expired;
use crate::context::Context;
use crate::page;

page! {
    /// A session id does not stand in for a token
    ///
    /// # What it checks
    /// A session is opened with the accepted token and used. Then POST, GET and DELETE are sent in it without a token,
    /// with a word that is none and, where the suite controls the zone, with an expired token. None may be served; 404,
    /// 405 and 406 are refusals of GET and DELETE too. A server that issues no session id is not concerned.
    ///
    /// # Why it matters
    /// Session ids stand in logs and URLs and are handed on by proxies. Where one is enough, whoever reads it is the
    /// user.
    ///
    /// # How to fix it
    /// Verify the token of every request, and look the session up only after that.
    ///
    /// # Reference
    /// MCP Security Best Practices, "Session Hijacking".
    pub struct SessionWithoutToken;
}

const META: Meta = Meta {
    id: "session-without-token",
    requirements: &["sbp-session-not-authentication"],
    level: Level::Must,
    area: Area::Security,
    needs: &[Need::ZoneControl],
    revisions: Revisions::Initialize,
    follows_from: &[
        "no-token",
        "garbage-token",
        "expired-token",
        "after-authentication",
        "get-without-token",
        "delete-without-token",
    ],
    ..Meta::CALM
};

impl Check for SessionWithoutToken {
    fn meta(&self) -> &'static Meta {
        &META
    }

    async fn run(&self, cx: &Context) -> Verdict {
        let token = cx.needed_token().await?;
        let session = own_session(cx, &token).await?;
        let mut credentials = vec![("no token", None), ("a word that is no token", Some(GARBAGE.to_owned()))];
        credentials.push(("an expired token", Some(expired(cx).await?)));
        let mut verdict = Ok(());
        for (with, credential) in credentials {
            for (name, request) in in_session(cx, &session) {
                let what = format!("{name} in a live session with {with}");
                let request = match &credential {
                    Some(token) => request.bearer(token),
                    None => request,
                };
                let reply = cx.send(&request.purpose(&what)).await?;
                verdict = verdict.and_then(|()| shut(&reply, &what));
            }
        }
        cx.end_session(&token.compact, &session).await;
        verdict
    }
}
