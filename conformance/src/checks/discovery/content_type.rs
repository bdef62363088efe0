//! JSON that says it is JSON.

use super::{distinct, documents};
use crate::text::quoted;

use crate::check::{Area, Check, Level, Meta, Revisions, Stop, Verdict};
use crate::context::Context;
use crate::discovery::Way;
use crate::page;

page! {
    /// The metadata is a JSON object of type application/json
    ///
    /// # What it checks
    /// Each document that was found must have the media type `application/json`; letter case and parameters
    /// do not count. What the URL in the challenge answers with 2xx must be such a document. A page that a
    /// site serves at well-known URLs it does not offer is not judged.
    ///
    /// # Why it matters
    /// Many HTTP libraries parse a body only when its type says JSON, and a client that is given a web page
    /// stops.
    ///
    /// # How to fix it
    /// Send `Content-Type: application/json`, and route the metadata URL before any page for unknown paths.
    ///
    /// # Reference
    /// RFC 9728 section 3.2.
    pub struct MetadataContentType;
}

const META: Meta = Meta {
    id: "metadata-content-type",
    requirements: &["rfc9728-3.2-content-type"],
    level: Level::Must,
    area: Area::Discovery,
    revisions: Revisions::Once,
    follows_from: &["metadata-published"],
    ..Meta::CALM
};

impl Check for MetadataContentType {
    fn meta(&self) -> &'static Meta {
        &META
    }

    async fn run(&self, cx: &Context) -> Verdict {
        let discovery = cx.discovery();
        for place in distinct(discovery) {
            let Some(reply) = place.reply.as_ref().ok().filter(|r| r.status.is_success()) else { continue };
            let is_document = place.document().is_some();
            if !is_document && place.way == Way::Challenge {
                let actual = format!("{}, whose body is no JSON object", place.describe());
                return Err(Stop::violation("a JSON object at the URL that the challenge names", actual));
            }
            let media_type = reply.media_type();
            if is_document && media_type != "application/json" {
                let actual = format!("{} from {}", quoted(&media_type), place.url);
                return Err(Stop::violation("Content-Type: application/json", actual));
            }
        }
        documents(discovery).map(|_| ())
    }
}
