//! An identifier is compared as text, and a fragment makes that go wrong.

use super::resources;

use crate::check::{Area, Check, Level, Meta, Revisions, Stop, Verdict};
use crate::context::Context;
use crate::page;
use crate::text::quoted;

page! {
    /// The resource identifier has no fragment
    ///
    /// # What it checks
    /// `resource` must not contain `#` in any document that was found.
    ///
    /// # Why it matters
    /// A fragment never reaches a server, so two identifiers that differ in it are one server with two names,
    /// and no `aud` fits both.
    ///
    /// # How to fix it
    /// Cut the resource identifier at the `#`.
    ///
    /// # Reference
    /// RFC 9728 section 1.2; RFC 8707 section 2.
    pub struct MetadataResourceFragment;
}

const META: Meta = Meta {
    id: "metadata-resource-fragment",
    requirements: &["rfc9728-1.2-resource-no-fragment"],
    level: Level::Must,
    area: Area::Discovery,
    revisions: Revisions::Once,
    ..Meta::CALM
};

impl Check for MetadataResourceFragment {
    fn meta(&self) -> &'static Meta {
        &META
    }

    async fn run(&self, cx: &Context) -> Verdict {
        for (place, resource) in resources(cx.discovery())? {
            if resource.contains('#') {
                let actual = format!("{} in the document at {}", quoted(&resource), place.url);
                return Err(Stop::violation("a resource without fragment", actual));
            }
        }
        Ok(())
    }
}
