//! A name for people.

use super::documents;
use crate::check::{Area, Check, Level, Meta, Revisions, Stop, Verdict};
use crate::context::Context;
use crate::page;

page! {
    /// The metadata has a name for people to read
    ///
    /// # What it checks
    /// Each document should have `resource_name`, plain or with a language tag.
    ///
    /// # Why it matters
    /// It is what a client can show its user when it asks for consent. Without it there is only a URL.
    ///
    /// # How to fix it
    /// Add `resource_name`.
    ///
    /// # Reference
    /// RFC 9728 sections 2 and 2.1.
    pub struct MetadataResourceName;
}

const META: Meta = Meta {
    id: "metadata-resource-name",
    requirements: &["rfc9728-2-resource-name"],
    level: Level::Should,
    area: Area::Discovery,
    revisions: Revisions::Once,
    ..Meta::CALM
};

impl Check for MetadataResourceName {
    fn meta(&self) -> &'static Meta {
        &META
    }

    async fn run(&self, cx: &Context) -> Verdict {
        for (place, document) in documents(cx.discovery())? {
            if !document.keys().any(|name| name == "resource_name" || name.starts_with("resource_name#")) {
                return Err(Stop::violation("a resource_name", format!("none in the document at {}", place.url)));
            }
        }
        Ok(())
    }
}
