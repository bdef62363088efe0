//! The next number is the next user's cart.

use std::time::Instant;

use super::Issuer;
use crate::check::{Area, Check, Level, Meta, Need, Revisions, Stop, Verdict};
use crate::checks::security::session_predictable::foretold;
use crate::context::Context;
use crate::page;
use crate::text::quoted;

page! {
    /// State handles cannot be foretold
    ///
    /// # What it checks
    /// Twenty handles are collected of a declared tool. None should come twice, and they should not be a counter or the time:
    /// numbers, decimal, hexadecimal or to the base 36, that only grow or only fall, and by no more than other users or the
    /// clock explain, as they are or in base64, with the same text around each. Nor should they be the MD5, SHA-1 or SHA-256 of
    /// a number below ten thousand; a hash of more than that is not seen through. A handle that is declared `public` is left
    /// out.
    ///
    /// # Why it matters
    /// Whoever is issued one handle knows those before and after it.
    ///
    /// # How to fix it
    /// Make handles of at least 128 random bits: a UUID of version 4 is one.
    ///
    /// # Reference
    /// MCP Security Best Practices, "State Handle Hijacking".
    pub struct HandlePredictable;
}

const META: Meta = Meta {
    id: "handle-predictable",
    requirements: &["sbp-state-handle-unguessable"],
    level: Level::Should,
    area: Area::Security,
    needs: &[Need::ValidToken, Need::DeclaredBehaviour],
    revisions: Revisions::Stateless,
    ..Meta::CALM
};

impl Check for HandlePredictable {
    fn meta(&self) -> &'static Meta {
        &META
    }

    async fn run(&self, cx: &Context) -> Verdict {
        let issuers = Issuer::all(cx)?;
        let Some(issuer) = issuers.iter().find(|issuer| !issuer.handle.public) else {
            return Err(Stop::not_applicable("every declared handle is \"public\""));
        };
        let token = cx.served_token().await?;
        let started = Instant::now();
        let mut handles = Vec::new();
        for _ in 0..COLLECTED {
            let handle = issuer.issue(cx, &token.compact).await?;
            handles.push(handle.as_str().map_or_else(|| handle.to_string(), str::to_owned));
        }
        match foretold(&handles, started.elapsed()) {
            Some(how) => {
                let expected = format!("handles of {} that cannot be foretold", quoted(issuer.name));
                // What that function says of session ids holds of any.
                Err(Stop::violation(expected, how))
            }
            None => Ok(()),
        }
    }
}

/// How many are compared: that random numbers of this count only grow is less likely than any accident.
const COLLECTED: usize = 20;
