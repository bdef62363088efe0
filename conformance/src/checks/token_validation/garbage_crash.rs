//! Input that anybody can send.

use async_trait::async_trait;

use super::garbage::GARBAGE;
use crate::check::{Area, Check, Level, Meta, Need, Stop, Verdict};
use crate::context::Context;
use crate::page;
use crate::reply::Outcome;

page! {
    /// A token that is no token does not make the server fail
    ///
    /// # What it checks
    /// In place of the accepted token the request carries what is no JWT: a word, two, four and five segments, three
    /// that are no base64url or no JSON, and a payload that is an array. No answer may be an error of the server.
    ///
    /// # Why it matters
    /// An exception in the parser is a way to disturb a server for whoever finds it, and says that input gets further
    /// than it should before anybody looks at it.
    ///
    /// # How to fix it
    /// Catch every error of the JWT library in one place, and answer 401 from there.
    ///
    /// # Reference
    /// RFC 7519 section 7.2; MCP 2026-07-28, Authorization, "Error Handling".
    pub struct GarbageTokenCrash;
}

const META: Meta = Meta {
    id: "garbage-token-crash",
    requirements: &["rfc7519-7.2-malformed-rejected"],
    level: Level::Must,
    area: Area::TokenValidation,
    needs: &[Need::ValidToken],
    ..Meta::CALM
};

#[async_trait]
impl Check for GarbageTokenCrash {
    fn meta(&self) -> &'static Meta {
        &META
    }

    async fn run(&self, cx: &Context) -> Verdict {
        cx.accepted_credential().await?;
        for (what, token) in GARBAGE {
            let reply = cx.call(token, what).await?;
            if reply.outcome() == Outcome::ServerError {
                return Err(Stop::violation(format!("401 for {what}"), reply.describe()));
            }
        }
        Ok(())
    }
}
