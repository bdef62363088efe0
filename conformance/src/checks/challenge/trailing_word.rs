//! A good token, and more.

use super::GARBAGE;
use crate::check::{Area, Check, Level, Meta, Need, Stop, Verdict};
use crate::context::Context;
use crate::page;

page! {
    /// A token with another word behind it is refused
    ///
    /// # What it checks
    /// The request that was just served is sent with `Authorization: Bearer`, the accepted token and another word. It
    /// should be refused: 400 is the status that MCP names for malformed credentials. Nobody gets in who could not
    /// without the word, so that service is a warning.
    ///
    /// # Why it matters
    /// A program in front that takes the last word for the token, and a server that takes the first, see two callers in
    /// one request.
    ///
    /// # How to fix it
    /// Take everything behind `Bearer` and its spaces for the token, rather than the second word of the field.
    ///
    /// # Reference
    /// MCP 2026-07-28, Authorization, "Error Handling"; RFC 6750 section 2.1.
    pub struct TrailingWord;
}

const META: Meta = Meta {
    id: "trailing-word",
    requirements: &["mcp-auth-400-malformed"],
    level: Level::Should,
    area: Area::Challenge,
    needs: &[Need::ValidToken],
    ..Meta::CALM
};

impl Check for TrailingWord {
    fn meta(&self) -> &'static Meta {
        &META
    }

    async fn run(&self, cx: &Context) -> Verdict {
        let token = cx.accepted_credential().await?;
        let and_more = format!("Bearer {} {GARBAGE}", token.compact);
        let what = "the accepted token and another word";
        let reply = cx.send(&cx.bearing().authorization(&and_more).purpose(what)).await?;
        if reply.status.is_success() || reply.refuses_with_result() {
            return Err(Stop::violation(format!("400 for {what}"), reply.describe()));
        }
        if !reply.status.is_client_error() || reply.is_in_front() {
            return Err(Stop::inconclusive(format!("{what} got {}", reply.describe())));
        }
        Ok(())
    }
}
