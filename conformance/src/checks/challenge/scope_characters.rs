//! Scopes that survive the header they travel in.

use super::{bearer_challenges, refusals};
use crate::text::quoted;

use crate::challenge::is_scope_byte;
use crate::check::{Area, Check, Level, Meta, Stop, Verdict};
use crate::context::Context;
use crate::page;

page! {
    /// The scope of a challenge is made of scope characters
    ///
    /// # What it checks
    /// `scope` in the `Bearer` challenges that answer no token, a garbage token and, where a tool needs a
    /// scope, a token without it must hold no quote, backslash, control or non-ASCII character. How many
    /// spaces stand between scopes is not judged.
    ///
    /// # Why it matters
    /// A client copies the value into its authorization request. What does not fit the grammar is refused
    /// there, or read as other scopes.
    ///
    /// # How to fix it
    /// Use scopes of printable ASCII without quote and backslash, and join them with single spaces.
    ///
    /// # Reference
    /// RFC 6750 section 3; RFC 6749 section 3.3.
    pub struct ChallengeScopeCharacters;
}

const META: Meta = Meta {
    id: "challenge-scope-characters",
    requirements: &["rfc6750-3-scope-charset"],
    level: Level::Must,
    area: Area::Challenge,
    ..Meta::CALM
};

impl Check for ChallengeScopeCharacters {
    fn meta(&self) -> &'static Meta {
        &META
    }

    async fn run(&self, cx: &Context) -> Verdict {
        let mut seen = false;
        for (what, challenge) in bearer_challenges(&refusals(cx).await?)? {
            let Some(scope) = challenge.param("scope") else { continue };
            seen = true;
            if !scope.bytes().all(|b| b == b' ' || is_scope_byte(b)) {
                let actual = format!("scope {} in the answer to {what}", quoted(scope));
                return Err(Stop::violation("scopes of printable ASCII without quote and backslash", actual));
            }
        }
        if seen { Ok(()) } else { Err(Stop::not_applicable("no challenge has a scope")) }
    }
}
