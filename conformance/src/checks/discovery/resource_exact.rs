//! Close enough for most clients, and not for strict ones.

use super::advertised_resource;
use super::relation::{Relation, other_name, relation};

use crate::check::{Area, Check, Level, Meta, Revisions, Stop, Verdict};
use crate::context::Context;
use crate::page;
use crate::text::quoted;

page! {
    /// The document behind the challenge names exactly the URL that was asked
    ///
    /// # What it checks
    /// In the document at the challenge's `resource_metadata` URL, `resource` should be the endpoint's URL,
    /// character for character. MCP allows a shorter path, so this is no failure. Where only the name of this
    /// machine differs it is inconclusive.
    ///
    /// # Why it matters
    /// RFC 9728 tells clients to refuse a document whose resource is not the URL they asked. The strict ones
    /// do.
    ///
    /// # How to fix it
    /// Set `resource` to the endpoint's URL with its path and without a slash that clients do not type.
    ///
    /// # Reference
    /// RFC 9728 section 3.3; MCP 2026-07-28, Authorization, "Canonical Server URI".
    pub struct MetadataResourceExact;
}

const META: Meta = Meta {
    id: "metadata-resource-exact",
    requirements: &["rfc9728-3.3-resource-exact-request-url"],
    level: Level::Should,
    area: Area::Discovery,
    revisions: Revisions::Once,
    follows_from: &["metadata-resource-endpoint"],
    ..Meta::CALM
};

impl Check for MetadataResourceExact {
    fn meta(&self) -> &'static Meta {
        &META
    }

    async fn run(&self, cx: &Context) -> Verdict {
        let (place, resource) = advertised_resource(cx.discovery())?;
        match relation(&resource, cx.url()) {
            Relation::Exact => Ok(()),
            Relation::OtherLoopbackName => Err(other_name(&resource)),
            Relation::Covering | Relation::Another => Err(Stop::violation(
                format!("resource {}", cx.url()),
                format!("{} in the document at {}", quoted(&resource), place.url),
            )),
        }
    }
}
