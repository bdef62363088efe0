//! What an access token says of itself.

use crate::check::{Area, Check, Level, Meta, Need, Stop, Verdict};
use crate::context::Context;
use crate::page;

page! {
    /// A token that lacks a claim of the profile is refused
    ///
    /// # What it checks
    /// The zone signs the accepted token again without `sub`, `client_id`, `iat` and `jti`, one at a time. Which of
    /// them the server serves is reported.
    ///
    /// # Why it matters
    /// `sub` and `client_id` say who calls, and `jti` ties a line in the audit trail to a token. The profile requires
    /// them of the zone; it does not ask the server to check.
    ///
    /// # How to fix it
    /// Refuse tokens without the claims that your access decisions and your audit trail rest on.
    ///
    /// # Reference
    /// RFC 9068 section 2.2.
    pub struct RequiredClaims;
}

const META: Meta = Meta {
    id: "required-claims",
    requirements: &["rfc9068-2.2-missing-required-claims"],
    level: Level::May,
    area: Area::TokenValidation,
    needs: &[Need::ZoneControl],
    follows_from: &["garbage-token"],
    ..Meta::CALM
};

impl Check for RequiredClaims {
    fn meta(&self) -> &'static Meta {
        &META
    }

    async fn run(&self, cx: &Context) -> Verdict {
        let token = cx.accepted_token().await?;
        let mut served = Vec::new();
        for name in ["sub", "client_id", "iat", "jti"] {
            let odd = cx.sign(&token.but(|t| t.without_claim(name)), "token without a claim").await?;
            match cx.call_as_another(&odd, &format!("a token without {name}")).await?.expect_refused() {
                Err(Stop::Violation { .. }) => served.push(name),
                other => other?,
            }
        }
        if served.is_empty() {
            return Ok(());
        }
        Err(Stop::violation(
            "a token without any of these claims refused",
            format!("served without {}", served.join(", ")),
        ))
    }
}
