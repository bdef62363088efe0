//! The one status that says "here is the document".

use super::documents;
use http::StatusCode;

use crate::check::{Area, Check, Level, Meta, Revisions, Stop, Verdict};
use crate::context::Context;
use crate::page;

page! {
    /// The metadata is served with status 200
    ///
    /// # What it checks
    /// Each document that was found must have come with status 200, not with another 2xx.
    ///
    /// # Why it matters
    /// Clients take 200 for success, as the RFC tells them. A document under 201 or 203 is there and yet not
    /// seen.
    ///
    /// # How to fix it
    /// Answer 200.
    ///
    /// # Reference
    /// RFC 9728 section 3.2.
    pub struct MetadataStatus;
}

const META: Meta = Meta {
    id: "metadata-status",
    requirements: &["rfc9728-3.2-status-200"],
    level: Level::Must,
    area: Area::Discovery,
    revisions: Revisions::Once,
    ..Meta::CALM
};

impl Check for MetadataStatus {
    fn meta(&self) -> &'static Meta {
        &META
    }

    async fn run(&self, cx: &Context) -> Verdict {
        for (place, _) in documents(cx.discovery())? {
            if place.reply.as_ref().is_ok_and(|r| r.status != StatusCode::OK) {
                return Err(Stop::violation("200", place.describe()));
            }
        }
        Ok(())
    }
}
