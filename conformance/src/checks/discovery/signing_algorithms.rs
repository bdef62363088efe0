//! No signature is no algorithm.

use super::{documents, strings};
use serde_json::Value;

use crate::check::{Area, Check, Level, Meta, Revisions, Stop, Verdict};
use crate::context::Context;
use crate::page;

page! {
    /// The metadata does not offer to leave answers unsigned
    ///
    /// # What it checks
    /// Where `resource_signing_alg_values_supported` is present, it must not hold `none`, in any letter case.
    ///
    /// # Why it matters
    /// A client that is offered `none` may take an unsigned answer for a signed one.
    ///
    /// # How to fix it
    /// Remove `none` from the list, or the list itself if your server signs nothing.
    ///
    /// # Reference
    /// RFC 9728 section 2.
    pub struct MetadataSigningAlgorithms;
}

const META: Meta = Meta {
    id: "metadata-signing-algorithms",
    requirements: &["rfc9728-2-signing-alg-none"],
    level: Level::Must,
    area: Area::Discovery,
    revisions: Revisions::Once,
    ..Meta::CALM
};

impl Check for MetadataSigningAlgorithms {
    fn meta(&self) -> &'static Meta {
        &META
    }

    async fn run(&self, cx: &Context) -> Verdict {
        const MEMBER: &str = "resource_signing_alg_values_supported";
        let mut listed = false;
        for (place, document) in documents(cx.discovery())? {
            listed |= document.get(MEMBER).is_some_and(Value::is_array);
            if strings(&document, MEMBER).iter().any(|alg| alg.eq_ignore_ascii_case("none")) {
                return Err(Stop::violation(
                    format!("{MEMBER} without none"),
                    format!("none in the document at {}", place.url),
                ));
            }
        }
        if listed { Ok(()) } else { Err(Stop::not_applicable("no document lists signing algorithms")) }
    }
}
