//! Whoever asks whether they may ask has no token yet.

use super::looked_at;
use crate::check::{Area, Check, Level, Meta, Revisions, Stop, Verdict};
use crate::context::Context;
use crate::cors::{FOREIGN, anonymous, is_readable, own_origin, preflight};
use crate::page;

page! {
    /// A preflight of an allowed origin is answered, without credentials
    ///
    /// # What it checks
    /// Where the answer to a request without a token lets scripts of the server's own origin, or of a foreign one, read
    /// it, OPTIONS is sent as a browser does before such a script sends a token. It should be answered 2xx, with the
    /// origin allowed. A foreign origin that may not read answers should not be allowed there either. The check does not
    /// apply where neither may read.
    ///
    /// # Why it matters
    /// Browsers send no credentials with a preflight. A server that answers 401 shuts out each script that it means to
    /// let in.
    ///
    /// # How to fix it
    /// Answer OPTIONS before the token is looked at.
    ///
    /// # Reference
    /// WHATWG Fetch, "CORS-preflight fetch".
    pub struct Preflight;
}

const META: Meta = Meta {
    id: "preflight",
    requirements: &["cors-preflight-not-401"],
    level: Level::Should,
    area: Area::Transport,
    revisions: Revisions::Once,
    ..Meta::CALM
};

impl Check for Preflight {
    fn meta(&self) -> &'static Meta {
        &META
    }

    async fn run(&self, cx: &Context) -> Verdict {
        let own = own_origin(cx);
        let mut allowed = Vec::new();
        for origin in [own.as_str(), FOREIGN] {
            if is_readable(&cx.send(&anonymous(cx, origin)).await?, origin) {
                allowed.push(origin);
            }
        }
        let Some(origin) = allowed.first() else {
            return Err(Stop::not_applicable(
                "no script of a foreign or of the server's own origin may read its answers",
            ));
        };
        let reply = cx.send(&preflight(cx, origin)).await?;
        if reply.status.as_u16() != 401 {
            looked_at(&reply, "the preflight")?;
        }
        if !reply.status.is_success() || !is_readable(&reply, origin) {
            let actual =
                if reply.status.is_success() { "2xx that does not allow it".to_owned() } else { reply.describe() };
            return Err(Stop::violation(format!("2xx to the preflight of {origin}, which may read answers"), actual));
        }
        if !allowed.contains(&FOREIGN) && is_readable(&cx.send(&preflight(cx, FOREIGN)).await?, FOREIGN) {
            return Err(Stop::violation("no preflight for an origin that may not read answers", FOREIGN));
        }
        Ok(())
    }
}
