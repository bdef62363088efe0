//! A challenge that a script can read.

use http::StatusCode;

use crate::check::{Area, Check, Level, Meta, Revisions, Stop, Verdict};
use crate::context::Context;
use crate::cors::{FOREIGN, anonymous, exposes, is_readable, own_origin};
use crate::page;

page! {
    /// Scripts that may read a 401 may read its challenge
    ///
    /// # What it checks
    /// The bearing request is sent without a token, as a script of the server's own origin and as one of a foreign origin.
    /// Where `Access-Control-Allow-Origin` lets it read the 401, `Access-Control-Expose-Headers` should name
    /// `WWW-Authenticate`. The check does not apply where neither may read it.
    ///
    /// # Why it matters
    /// Browsers hide the header from scripts. A client there sees a 401, and not where to get a token.
    ///
    /// # How to fix it
    /// Send `Access-Control-Expose-Headers: WWW-Authenticate` with every answer to an allowed origin.
    ///
    /// # Reference
    /// WHATWG Fetch, "HTTP CORS protocol".
    pub struct ChallengeExposed;
}

const META: Meta = Meta {
    id: "challenge-exposed",
    requirements: &["cors-expose-www-authenticate"],
    level: Level::Should,
    area: Area::Challenge,
    revisions: Revisions::Once,
    ..Meta::CALM
};

impl Check for ChallengeExposed {
    fn meta(&self) -> &'static Meta {
        &META
    }

    async fn run(&self, cx: &Context) -> Verdict {
        let own = own_origin(cx);
        let mut readable = 0;
        for origin in [own.as_str(), FOREIGN] {
            let reply = cx.send(&anonymous(cx, origin)).await?;
            if reply.status != StatusCode::UNAUTHORIZED || !is_readable(&reply, origin) {
                continue;
            }
            if !exposes(&reply, "www-authenticate") {
                let expected = "Access-Control-Expose-Headers with WWW-Authenticate";
                return Err(Stop::violation(expected, format!("a 401 that {origin} may read, without it")));
            }
            readable += 1;
        }
        if readable > 0 {
            return Ok(());
        }
        Err(Stop::not_applicable("no script of a foreign or of the server's own origin may read a 401"))
    }
}
