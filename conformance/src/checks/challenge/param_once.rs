//! Two values of one name, and each client takes another.

use super::{readable, refusals};

use crate::check::{Area, Check, Level, Meta, Stop, Verdict};
use crate::context::Context;
use crate::page;
use crate::text::quoted;

page! {
    /// No parameter occurs twice in a challenge
    ///
    /// # What it checks
    /// In each challenge that answers no token, a garbage token and, where a tool needs a scope, a token
    /// without it, every parameter name may occur once, letter case aside. The same name in two challenges is
    /// fine.
    ///
    /// # Why it matters
    /// Some parsers keep the first value, some the last, some refuse the header.
    ///
    /// # How to fix it
    /// Build the challenge from a map instead of appending to a string in several layers.
    ///
    /// # Reference
    /// RFC 9110 section 11.2; RFC 6750 section 3.
    pub struct ChallengeParamOnce;
}

const META: Meta = Meta {
    id: "challenge-param-once",
    requirements: &["rfc9110-11.2-param-once"],
    level: Level::Must,
    area: Area::Challenge,
    ..Meta::CALM
};

impl Check for ChallengeParamOnce {
    fn meta(&self) -> &'static Meta {
        &META
    }

    async fn run(&self, cx: &Context) -> Verdict {
        let refusals = refusals(cx).await?;
        let mut seen = false;
        for refusal in &refusals {
            for challenge in readable(&refusal.reply) {
                seen = true;
                if let Some(name) = challenge.repeated_param() {
                    let actual = format!("{} twice in the answer to {}", quoted(name), refusal.what);
                    return Err(Stop::violation("each parameter once in a challenge", actual));
                }
            }
        }
        if seen { Ok(()) } else { Err(Stop::inconclusive("no refusal had a challenge that could be read")) }
    }
}
