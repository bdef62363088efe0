//! "Your token is bad" is not "you have none".

use super::garbage_refused;
use crate::check::{Area, Check, Level, Meta, Stop, Verdict};
use crate::context::Context;
use crate::page;

page! {
    /// The challenge to a bad token has an error code
    ///
    /// # What it checks
    /// A word that is no token is sent as one. The `Bearer` challenge of the 401 should have `error`.
    ///
    /// # Why it matters
    /// By `error` a client knows that the token it sent is of no use, and fetches another instead of sending
    /// it again.
    ///
    /// # How to fix it
    /// Add `error="invalid_token"` to the challenge when a token came and was refused.
    ///
    /// # Reference
    /// RFC 6750 sections 3 and 3.1.
    pub struct ChallengeError;
}

const META: Meta = Meta {
    id: "challenge-error",
    requirements: &["rfc6750-3-error-on-failed-token", "rfc6750-3.1-invalid-token-401"],
    level: Level::Should,
    area: Area::Challenge,
    follows_from: &[
        "garbage-token",
        "garbage-token-crash",
        "invalid-token-status",
        "challenge-present",
        "challenge-grammar",
        "challenge-bearer",
    ],
    ..Meta::CALM
};

impl Check for ChallengeError {
    fn meta(&self) -> &'static Meta {
        &META
    }

    async fn run(&self, cx: &Context) -> Verdict {
        let reply = garbage_refused(cx).await?;
        let challenge = reply.bearer_challenge();
        if challenge.as_ref().is_some_and(|c| c.param("error").is_some()) {
            return Ok(());
        }
        let actual = if challenge.is_some() { "a Bearer challenge without error" } else { "no Bearer challenge" };
        Err(Stop::violation("a Bearer challenge with error", format!("{actual} in the answer to a garbage token")))
    }
}
