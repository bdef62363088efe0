//! Nothing has gone wrong yet.

use super::readable;

use crate::check::{Area, Check, Level, Meta, Need, Stop, Verdict};
use crate::context::Context;
use crate::page;
use crate::text::quoted;

page! {
    /// A challenge to a request without a token reports no error
    ///
    /// # What it checks
    /// The bearing request is sent without `Authorization` and with `Basic` credentials. The `Bearer`
    /// challenge in the answer should have none of `error`, `error_description` and `error_uri`.
    ///
    /// # Why it matters
    /// A client takes `error="invalid_token"` for news of its token. One that has none yet may discard what
    /// it has stored, or show an error to a user who has only not signed in.
    ///
    /// # How to fix it
    /// Tell "no token" from "bad token", and send `error` for the second only.
    ///
    /// # Reference
    /// RFC 6750 section 3.1.
    pub struct ChallengeWithoutCredentials;
}

const META: Meta = Meta {
    id: "challenge-without-credentials",
    requirements: &["rfc6750-3.1-no-error-without-credentials"],
    level: Level::Should,
    area: Area::Challenge,
    follows_from: &["challenge-present", "challenge-grammar", "challenge-bearer"],
    ..Meta::CALM
};

impl Check for ChallengeWithoutCredentials {
    fn meta(&self) -> &'static Meta {
        &META
    }

    async fn run(&self, cx: &Context) -> Verdict {
        const BASIC: &str = "Basic Y29uZm9ybWFuY2U6Y29uZm9ybWFuY2U=";
        let name = cx.bearing_name();
        let requests = [
            ("no credentials", cx.bearing().purpose(format!("{name} without credentials"))),
            ("Basic credentials", cx.bearing().authorization(BASIC).purpose(format!("{name} with Basic credentials"))),
        ];
        let mut seen = false;
        for (what, request) in requests {
            let reply = cx.send(&request).await?;
            for challenge in readable(&reply).into_iter().filter(|c| c.is("Bearer")) {
                seen = true;
                let error = ["error", "error_description", "error_uri"]
                    .into_iter()
                    .find_map(|p| Some((p, challenge.param(p)?)));
                if let Some((param, value)) = error {
                    let actual = format!("{param} {} in the answer to {what}", quoted(value));
                    return Err(Stop::violation("a challenge without error information", actual));
                }
            }
        }
        if !seen && cx.survey().is_open(cx.revision()) {
            return Err(Stop::NotTested { need: Need::DeclaredTool });
        }
        if seen { Ok(()) } else { Err(Stop::inconclusive("no answer had a Bearer challenge that could be read")) }
    }
}
