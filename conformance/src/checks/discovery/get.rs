//! The plain request by which every client asks.

use super::{distinct, no_document};

use crate::check::{Area, Check, Level, Meta, Revisions, Stop, Verdict};
use crate::context::Context;
use crate::discovery::Way;
use crate::page;
use crate::redirects::Led;

page! {
    /// The metadata answers a plain GET
    ///
    /// # What it checks
    /// Each URL that serves or advertises the document gets a GET with `Accept: application/json` and one
    /// with `Accept: */*`, redirects being followed. 405, 406 or a redirect that never ends breaks it.
    ///
    /// # Why it matters
    /// Clients send the simplest request there is. A server that is particular about its headers is found by
    /// some of them only.
    ///
    /// # How to fix it
    /// Answer GET on the metadata's path whatever `Accept` says, without a redirect.
    ///
    /// # Reference
    /// RFC 9728 section 3.1.
    pub struct MetadataGet;
}

const META: Meta = Meta {
    id: "metadata-get",
    requirements: &["rfc9728-3.1-get"],
    level: Level::Must,
    area: Area::Discovery,
    revisions: Revisions::Once,
    ..Meta::CALM
};

impl Check for MetadataGet {
    fn meta(&self) -> &'static Meta {
        &META
    }

    async fn run(&self, cx: &Context) -> Verdict {
        let mut served = false;
        for place in distinct(cx.discovery()) {
            let mut answers = Vec::new();
            for accept in ["application/json", "*/*"] {
                answers.push((accept, cx.follow(&place.url, accept).await));
            }
            let serves = answers.iter().any(|(_, led)| led.as_ref().is_ok_and(Led::is_document));
            if !serves && place.way != Way::Challenge {
                continue; // a place that the server does not offer
            }
            served |= serves;
            for (accept, led) in answers {
                let led = led?;
                let refused = led.reply().map(|r| r.status.as_u16()).filter(|s| matches!(s, 405 | 406));
                let problem = match (&led, refused) {
                    (_, Some(status)) => status.to_string(),
                    (Led::Nowhere(_), None) => "a redirect that never ends".to_owned(),
                    _ => continue,
                };
                let actual = format!("{problem} from {} with Accept: {accept}", place.url);
                return Err(Stop::violation("the document for a plain GET", actual));
            }
        }
        if served { Ok(()) } else { Err(no_document()) }
    }
}
