//! Many at once, and nobody is anybody else.

use futures_util::future::join_all;

use super::shows_caller;
use crate::check::{Area, Check, Level, Meta, Need, Stop, Verdict};
use crate::context::Context;
use crate::page;
use crate::reply::Outcome;
use crate::survey::random_id;

page! {
    /// Each call is tied to the user of its own token
    ///
    /// # What it checks
    /// The zone signs tokens for eight users, and all call at once the tool that bears the token checks, three times
    /// each. Where that tool shows who calls, each answer must show the user of its own token and none of the others.
    ///
    /// # Why it matters
    /// An identity kept in a global, in a connection or in a cache is another user's as soon as two of them call at
    /// once.
    ///
    /// # How to fix it
    /// Carry the verified identity in the request's own context, and make it part of the key of every cache.
    ///
    /// # Reference
    /// The Keycard guide: every tool call is tied to a verified user.
    pub struct CallerIdentity;
}

const META: Meta = Meta {
    id: "caller-identity",
    requirements: &["keycard-guide-verified-user-per-call"],
    level: Level::Must,
    area: Area::Security,
    needs: &[Need::ZoneControl, Need::DeclaredTool],
    follows_from: &["no-token", "garbage-token"],
    ..Meta::CALM
};

impl Check for CallerIdentity {
    fn meta(&self) -> &'static Meta {
        &META
    }

    async fn run(&self, cx: &Context) -> Verdict {
        let (token, _) = shows_caller(cx).await?;
        let mut callers = Vec::new();
        for _ in 0..CALLERS {
            let subject = format!("conformance-{}", random_id());
            let draft = token.but(|t| {
                t.claim("sub", subject.as_str());
                t.claim("jti", random_id());
            });
            callers.push((subject, cx.sign(&draft, "token of one of many users").await?));
        }
        for _ in 0..ROUNDS {
            let calls = callers.iter().map(|(_, token)| cx.call_as_another(token, "a token of one of many users"));
            for (reply, (subject, _)) in join_all(calls).await.into_iter().zip(&callers) {
                let reply = reply?;
                let shown = String::from_utf8_lossy(&reply.body);
                if let Some((other, _)) =
                    callers.iter().find(|(other, _)| other != subject && shown.contains(other.as_str()))
                {
                    return Err(Stop::violation(
                        format!("{subject} as the caller"),
                        format!("the answer shows {other}"),
                    ));
                }
                if reply.outcome() != Outcome::Served {
                    return Err(Stop::inconclusive(format!("one of many users got {}", reply.describe())));
                }
                if !shown.contains(subject.as_str()) {
                    return Err(Stop::violation(
                        format!("{subject} as the caller"),
                        "an answer that shows somebody else",
                    ));
                }
            }
        }
        Ok(())
    }
}

/// Users that call at once.
const CALLERS: usize = 8;

/// How often each calls.
const ROUNDS: usize = 3;
