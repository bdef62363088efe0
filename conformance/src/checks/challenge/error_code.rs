//! The one code for a token that is no good.

use super::garbage_refused;

use crate::check::{Area, Check, Level, Meta, Stop, Verdict};
use crate::context::Context;
use crate::page;
use crate::text::quoted;

page! {
    /// The error code for a bad token is invalid_token
    ///
    /// # What it checks
    /// A word that is no token is sent as one. Where the `Bearer` challenge of the 401 has `error`, its value
    /// should be `invalid_token`. A missing one is the finding of `challenge-error`.
    ///
    /// # Why it matters
    /// Clients act on the registered codes. `invalid_token` makes them fetch another; `invalid_request` or a
    /// word of your own makes them give up.
    ///
    /// # How to fix it
    /// Map every failure of a token's validation to `invalid_token`; put the details into the log.
    ///
    /// # Reference
    /// RFC 6750 section 3.1.
    pub struct ChallengeErrorCode;
}

const META: Meta = Meta {
    id: "challenge-error-code",
    requirements: &["rfc6750-3.1-invalid-token-401"],
    level: Level::Should,
    area: Area::Challenge,
    follows_from: &["garbage-token", "garbage-token-crash", "invalid-token-status"],
    ..Meta::CALM
};

impl Check for ChallengeErrorCode {
    fn meta(&self) -> &'static Meta {
        &META
    }

    async fn run(&self, cx: &Context) -> Verdict {
        let reply = garbage_refused(cx).await?;
        let challenge = reply.bearer_challenge();
        match challenge.as_ref().and_then(|c| c.param("error")) {
            Some("invalid_token") => Ok(()),
            Some(other) => Err(Stop::violation("error=\"invalid_token\"", format!("error={}", quoted(other)))),
            None => Err(Stop::not_applicable("the challenge has no error, which challenge-error judges")),
        }
    }
}
