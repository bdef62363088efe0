//! A bare "Bearer" tells nobody anything.

use super::{bearer_challenges, refusals};
use crate::check::{Area, Check, Level, Meta, Stop, Verdict};
use crate::context::Context;
use crate::page;

page! {
    /// A Bearer challenge has a parameter
    ///
    /// # What it checks
    /// Each `Bearer` challenge that answers no token, a garbage token and, where a tool needs a scope, a
    /// token without it must have at least one parameter.
    ///
    /// # Why it matters
    /// The scheme alone says that a token is wanted, but not from whom. The grammar of RFC 6750 has no such
    /// challenge.
    ///
    /// # How to fix it
    /// Add `resource_metadata="…"`, which clients need anyway.
    ///
    /// # Reference
    /// RFC 6750 section 3; RFC 9728 section 5.1.
    pub struct ChallengeParameter;
}

const META: Meta = Meta {
    id: "challenge-parameter",
    requirements: &["rfc6750-3-auth-param-present"],
    level: Level::Must,
    area: Area::Challenge,
    ..Meta::CALM
};

impl Check for ChallengeParameter {
    fn meta(&self) -> &'static Meta {
        &META
    }

    async fn run(&self, cx: &Context) -> Verdict {
        for (what, challenge) in bearer_challenges(&refusals(cx).await?)? {
            if challenge.params.is_empty() {
                return Err(Stop::violation("Bearer with a parameter", format!("none in the answer to {what}")));
            }
        }
        Ok(())
    }
}
