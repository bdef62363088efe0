//! A header that parsers agree on.

use super::refusals;
use crate::check::{Area, Check, Level, Meta, Stop, Verdict};
use crate::context::Context;
use crate::page;

page! {
    /// The challenge follows the grammar of HTTP
    ///
    /// # What it checks
    /// `WWW-Authenticate` of the refusals of no token, a garbage token, an expired one, one for another audience and,
    /// where a tool needs a scope, one without it is parsed. Unquoted URLs, missing commas and unbalanced quotes break
    /// it. Several challenges in one or more fields, spaces around `=`, empty list elements, other schemes and quoted
    /// pairs are legal.
    ///
    /// # Why it matters
    /// A strict client reads nothing from a header with a mistake in it, and a lenient one reads something
    /// else than was meant.
    ///
    /// # How to fix it
    /// Write `Bearer name="value", name="value"`: values in quotes, commas between, no comma after the
    /// scheme.
    ///
    /// # Reference
    /// RFC 9110 sections 11.2, 11.3 and 11.6.1.
    pub struct ChallengeGrammar;
}

const META: Meta = Meta {
    id: "challenge-grammar",
    requirements: &["rfc9110-11.2-challenge-grammar"],
    level: Level::Must,
    area: Area::Challenge,
    ..Meta::CALM
};

impl Check for ChallengeGrammar {
    fn meta(&self) -> &'static Meta {
        &META
    }

    async fn run(&self, cx: &Context) -> Verdict {
        let refusals = refusals(cx).await?;
        let mut seen = 0;
        for refusal in &refusals {
            seen += refusal.reply.challenges()?.len();
        }
        if seen == 0 {
            return Err(Stop::inconclusive("no refusal had a challenge"));
        }
        Ok(())
    }
}
