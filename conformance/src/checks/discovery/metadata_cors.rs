//! Clients live in browsers, too.

use super::documents;
use crate::check::{Area, Check, Level, Meta, Revisions, Stop, Verdict};
use crate::context::Context;
use crate::cors::{FOREIGN, anonymous, is_readable, own_origin, preflight};
use crate::page;

page! {
    /// Scripts that may call the endpoint may read the metadata
    ///
    /// # What it checks
    /// Each metadata document is fetched with a foreign `Origin`, and with the server's own. One of the two should find
    /// itself, or `*`, in `Access-Control-Allow-Origin`. The check does not apply where the endpoint lets in no script
    /// of either origin: such a server is not for browsers.
    ///
    /// # Why it matters
    /// A client in a browser that cannot read the metadata does not find the authorization server, and cannot sign in.
    ///
    /// # How to fix it
    /// Send `Access-Control-Allow-Origin: *` with the metadata. They are public.
    ///
    /// # Reference
    /// WHATWG Fetch, "HTTP CORS protocol".
    pub struct MetadataCors;
}

const META: Meta = Meta {
    id: "metadata-cors",
    requirements: &["cors-metadata-readable"],
    level: Level::Should,
    area: Area::Discovery,
    revisions: Revisions::Once,
    ..Meta::CALM
};

impl Check for MetadataCors {
    fn meta(&self) -> &'static Meta {
        &META
    }

    async fn run(&self, cx: &Context) -> Verdict {
        let own = own_origin(cx);
        let mut unreadable = None;
        for (place, _) in documents(cx.discovery())? {
            let mut is_shown = false;
            for origin in [FOREIGN, own.as_str()] {
                let request = crate::client::Request::get(place.url.clone(), format!("metadata, Origin: {origin}"));
                let reply = cx.send(&request.header("origin", origin)).await?;
                is_shown |= is_readable(&reply, origin);
            }
            if !is_shown {
                unreadable.get_or_insert(place.url.clone());
            }
        }
        let Some(url) = unreadable else { return Ok(()) };
        for origin in [FOREIGN, own.as_str()] {
            let lets_in = is_readable(&cx.send(&anonymous(cx, origin)).await?, origin)
                || is_readable(&cx.send(&preflight(cx, origin)).await?, origin);
            if lets_in {
                let expected = "Access-Control-Allow-Origin with the metadata, as scripts may call the endpoint";
                return Err(Stop::violation(expected, format!("none that lets {origin} read {url}")));
            }
        }
        Err(Stop::not_applicable("no script of a foreign or of the server's own origin may call the endpoint"))
    }
}
