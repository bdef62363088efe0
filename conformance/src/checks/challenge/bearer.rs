//! The scheme that MCP clients speak.

use super::{readable, refusals};
use crate::reply::{Outcome, Reply};
use http::header::WWW_AUTHENTICATE;

use crate::check::{Area, Check, Level, Meta, Stop, Verdict};
use crate::context::Context;
use crate::page;

page! {
    /// A 401 asks for a Bearer token
    ///
    /// # What it checks
    /// Each 401 for no token and for a garbage one must have a challenge with the scheme `Bearer`, in any
    /// letter case, beside any others. It does not apply to a server whose challenges ask for DPoP alone.
    ///
    /// # Why it matters
    /// A client looks for the scheme that it speaks. Where it is not offered, the client does not begin.
    ///
    /// # How to fix it
    /// Send `WWW-Authenticate: Bearer …`, as a field of its own if other schemes are offered too.
    ///
    /// # Reference
    /// RFC 6750 section 3; OAuth 2.1 section 5.3.1.
    pub struct ChallengeBearer;
}

const META: Meta = Meta {
    id: "challenge-bearer",
    requirements: &["rfc6750-3-scheme-bearer"],
    level: Level::Must,
    area: Area::Challenge,
    follows_from: &["challenge-present"],
    ..Meta::CALM
};

impl Check for ChallengeBearer {
    fn meta(&self) -> &'static Meta {
        &META
    }

    async fn run(&self, cx: &Context) -> Verdict {
        let mut refusals = refusals(cx).await?;
        refusals.retain(|r| r.reply.outcome() == Outcome::Unauthorized);
        if refusals.is_empty() {
            return Err(Stop::inconclusive("no request was answered 401"));
        }
        let mut dpop_only = true;
        for refusal in &refusals {
            if offers(&refusal.reply, "Bearer") {
                dpop_only = false;
            } else if !offers(&refusal.reply, "DPoP") {
                let schemes: Vec<_> = readable(&refusal.reply).into_iter().map(|c| c.scheme).collect();
                let offered = if schemes.is_empty() { "none".to_owned() } else { schemes.join(", ") };
                let actual = format!("{offered} in the answer to {}", refusal.what);
                return Err(Stop::violation("a challenge with the scheme Bearer", actual));
            }
        }
        if dpop_only {
            return Err(Stop::not_applicable("its challenges ask for DPoP alone"));
        }
        Ok(())
    }
}

/// Whether an answer has a challenge of this scheme. Of a field that cannot be read only its first word counts.
fn offers(reply: &Reply, scheme: &str) -> bool {
    let begins = |value: &str| value.split([' ', ',']).next().is_some_and(|word| word.eq_ignore_ascii_case(scheme));
    let mut values = reply.headers.get_all(WWW_AUTHENTICATE).iter();
    readable(reply).iter().any(|c| c.is(scheme))
        || values.any(|v| begins(String::from_utf8_lossy(v.as_bytes()).trim_start()))
}
