//! An identifier is compared as text, and a query makes that go wrong.

use super::resources;

use crate::check::{Area, Check, Level, Meta, Revisions, Stop, Verdict};
use crate::context::Context;
use crate::page;
use crate::text::quoted;

page! {
    /// The resource identifier has no query
    ///
    /// # What it checks
    /// `resource` should not contain `?` in any document that was found.
    ///
    /// # Why it matters
    /// Queries are reordered, dropped and added on the way, so an identifier with one is seldom the same
    /// string twice.
    ///
    /// # How to fix it
    /// Tell resources apart by path or host.
    ///
    /// # Reference
    /// RFC 9728 section 1.2; RFC 8707 section 2.
    pub struct MetadataResourceQuery;
}

const META: Meta = Meta {
    id: "metadata-resource-query",
    requirements: &["rfc9728-1.2-resource-no-query"],
    level: Level::Should,
    area: Area::Discovery,
    revisions: Revisions::Once,
    ..Meta::CALM
};

impl Check for MetadataResourceQuery {
    fn meta(&self) -> &'static Meta {
        &META
    }

    async fn run(&self, cx: &Context) -> Verdict {
        for (place, resource) in resources(cx.discovery())? {
            if resource.contains('?') {
                let actual = format!("{} in the document at {}", quoted(&resource), place.url);
                return Err(Stop::violation("a resource without query", actual));
            }
        }
        Ok(())
    }
}
