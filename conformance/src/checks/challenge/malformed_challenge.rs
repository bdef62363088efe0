//! A 400 for credentials is a refusal of credentials.

use super::{GARBAGE, anonymous};
use http::StatusCode;
use http::header::WWW_AUTHENTICATE;

use crate::check::{Area, Check, Level, Meta, Stop, Verdict};
use crate::context::Context;
use crate::page;

page! {
    /// A 400 for malformed credentials carries a challenge
    ///
    /// # What it checks
    /// A request that gets 401 without `Authorization` is sent again with `Bearer` alone, with `Bearer` and a
    /// space, and with a word without a scheme. Each 400 must have `WWW-Authenticate`. It does not apply to a
    /// server that answers none of them 400.
    ///
    /// # Why it matters
    /// Without the challenge a client cannot tell that its credentials are at fault and not its request, and
    /// has nothing to start over from.
    ///
    /// # How to fix it
    /// Send the challenge with every refusal of credentials, with `error="invalid_request"` on 400.
    ///
    /// # Reference
    /// RFC 6750 sections 3 and 3.1; OAuth 2.1 section 5.3.1.
    pub struct MalformedCredentialsChallenge;
}

const META: Meta = Meta {
    id: "malformed-credentials-challenge",
    requirements: &["rfc6750-3-www-authenticate-on-400"],
    level: Level::Must,
    area: Area::Challenge,
    ..Meta::CALM
};

impl Check for MalformedCredentialsChallenge {
    fn meta(&self) -> &'static Meta {
        &META
    }

    async fn run(&self, cx: &Context) -> Verdict {
        let bare = anonymous(cx).await?;
        if bare.status != StatusCode::UNAUTHORIZED {
            return Err(Stop::inconclusive(format!("without credentials the answer was {}, not 401", bare.describe())));
        }
        let mut judged = false;
        for (what, value) in
            [("Bearer alone", "Bearer"), ("Bearer and a space", "Bearer "), ("a word without a scheme", GARBAGE)]
        {
            let request = cx.bearing().authorization(value).purpose(format!("{} with {what}", cx.bearing_name()));
            let reply = cx.send(&request).await?;
            if reply.status != StatusCode::BAD_REQUEST {
                continue;
            }
            judged = true;
            if !reply.headers.contains_key(WWW_AUTHENTICATE) {
                return Err(Stop::violation("400 with WWW-Authenticate", format!("400 without it for {what}")));
            }
        }
        if judged { Ok(()) } else { Err(Stop::not_applicable("malformed credentials are not answered 400")) }
    }
}
