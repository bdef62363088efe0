//! A JWT that parses, and fails later.

use super::expired;
use crate::text::quoted;
use http::StatusCode;

use crate::check::{Area, Check, Level, Meta, Need, Stop, Verdict};
use crate::context::Context;
use crate::page;

page! {
    /// A JWT that fails validation is refused as invalid_token
    ///
    /// # What it checks
    /// The zone signs the accepted token again with one thing changed: expired for an hour, for another
    /// audience, of another issuer. The `Bearer` challenge of each 401 should have `error="invalid_token"`.
    /// Other statuses are not judged.
    ///
    /// # Why it matters
    /// Servers often have two ways out, one for what is no JWT and one for a JWT that is not for them, and
    /// forget the code in the second. That is the one clients meet.
    ///
    /// # How to fix it
    /// Send the same challenge for every failure of validation.
    ///
    /// # Reference
    /// RFC 9068 section 4; RFC 6750 section 3.1.
    pub struct ChallengeInvalidToken;
}

const META: Meta = Meta {
    id: "challenge-invalid-token",
    requirements: &["rfc9068-4-error-invalid-token"],
    level: Level::Should,
    area: Area::Challenge,
    needs: &[Need::ZoneControl],
    follows_from: &[
        "challenge-present",
        "challenge-grammar",
        "challenge-bearer",
        "invalid-token-status",
        "expired-token-status",
        "challenge-error",
        "challenge-error-code",
    ],
    ..Meta::CALM
};

impl Check for ChallengeInvalidToken {
    fn meta(&self) -> &'static Meta {
        &META
    }

    async fn run(&self, cx: &Context) -> Verdict {
        let accepted = cx.accepted_token().await?;
        let audience = accepted.but(|t| t.claim("aud", "https://other.example/mcp"));
        let issuer = accepted.but(|t| t.claim("iss", "https://other.example"));
        let mut judged = false;
        for (what, token) in [
            ("an expired token", expired(cx).await?),
            ("a token for another audience", cx.sign(&audience, "token for another audience").await?),
            ("a token of another issuer", cx.sign(&issuer, "token of another issuer").await?),
        ] {
            let reply = cx.call(&token, what).await?;
            if reply.status != StatusCode::UNAUTHORIZED {
                continue;
            }
            judged = true;
            let challenge = reply.challenges()?.into_iter().find(|c| c.is("Bearer"));
            let actual = match challenge.as_ref().map(|c| c.param("error")) {
                Some(Some("invalid_token")) => continue,
                Some(Some(other)) => format!("error={}", quoted(other)),
                Some(None) => "a Bearer challenge without error".to_owned(),
                None => "no Bearer challenge".to_owned(),
            };
            return Err(Stop::violation("error=\"invalid_token\"", format!("{actual} in the answer to {what}")));
        }
        if judged { Ok(()) } else { Err(Stop::inconclusive("none of the bad tokens was answered 401")) }
    }
}
