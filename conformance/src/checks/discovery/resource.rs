//! The name by which everything else refers to the server.

use super::documents;
use crate::check::{Area, Check, Level, Meta, Revisions, Stop, Verdict};
use crate::context::Context;
use crate::page;

page! {
    /// The metadata names its resource
    ///
    /// # What it checks
    /// Each document must have a member `resource` that is a string.
    ///
    /// # Why it matters
    /// Clients ask the authorization server for a token for this name, and compare it with the URL they began
    /// with. Without it the document says nothing about anybody.
    ///
    /// # How to fix it
    /// Add `resource` with the URL of your MCP endpoint.
    ///
    /// # Reference
    /// RFC 9728 section 2.
    pub struct MetadataResource;
}

const META: Meta = Meta {
    id: "metadata-resource",
    requirements: &["rfc9728-2-resource-required"],
    level: Level::Must,
    area: Area::Discovery,
    revisions: Revisions::Once,
    ..Meta::CALM
};

impl Check for MetadataResource {
    fn meta(&self) -> &'static Meta {
        &META
    }

    async fn run(&self, cx: &Context) -> Verdict {
        for (place, document) in documents(cx.discovery())? {
            let actual = match document.get("resource") {
                Some(value) if value.is_string() => continue,
                Some(_) => "resource that is no string",
                None => "no resource",
            };
            return Err(Stop::violation("a resource that is a string", format!("{actual} in {}", place.url)));
        }
        Ok(())
    }
}
