//! A document at a well-known URL speaks for the resource that the URL was built from.

use super::relation::{is_loopback_alias, origin, other_name, spellings};
use super::{documents, resource_of};
use crate::text::quoted;

use crate::check::{Area, Check, Level, Meta, Revisions, Stop, Verdict};
use crate::context::Context;
use crate::discovery::Way;
use crate::page;

page! {
    /// A document at a well-known URL names the resource that the URL stands for
    ///
    /// # What it checks
    /// In the document at the path-inserted URL, `resource` must be the URL from which the well-known string
    /// is taken out again, character for character. In the document of the origin it must be the origin or
    /// the MCP endpoint. Where only the name of this machine differs (`localhost` and `127.0.0.1`) it is
    /// inconclusive: run again with the server's own name.
    ///
    /// # Why it matters
    /// This comparison keeps one server from passing itself off as another. Clients must throw a document
    /// away that fails it.
    ///
    /// # How to fix it
    /// Set `resource` to the public URL of the endpoint as clients type it: same scheme, host, port and path,
    /// no added slash.
    ///
    /// # Reference
    /// RFC 9728 section 3.3.
    pub struct MetadataResourceWellKnown;
}

const META: Meta = Meta {
    id: "metadata-resource-well-known",
    requirements: &["rfc9728-3.3-resource-match-wellknown"],
    level: Level::Must,
    area: Area::Discovery,
    revisions: Revisions::Once,
    ..Meta::CALM
};

impl Check for MetadataResourceWellKnown {
    fn meta(&self) -> &'static Meta {
        &META
    }

    async fn run(&self, cx: &Context) -> Verdict {
        let discovery = cx.discovery();
        documents(discovery)?;
        let mut judged = false;
        for place in &discovery.places {
            let document = place.document();
            let Some(resource) = document.as_ref().and_then(resource_of) else { continue };
            let mut identifiers = spellings(cx.url());
            match place.way {
                Way::Challenge => continue, // its URL is the server's choice; what it names is another check
                Way::PathInserted => {
                    let mut plain = cx.url().clone();
                    plain.set_query(None);
                    identifiers.extend(spellings(&plain));
                }
                Way::Root => identifiers.extend([origin(cx.url()), format!("{}/", origin(cx.url()))]),
            }
            judged = true;
            if identifiers.iter().any(|i| i == resource) {
                continue;
            }
            if is_loopback_alias(resource, &identifiers) {
                return Err(other_name(resource));
            }
            let actual = format!("{} in the document at {}", quoted(resource), place.url);
            identifiers.sort();
            identifiers.dedup();
            return Err(Stop::violation(format!("resource {}", identifiers.join(" or ")), actual));
        }
        if judged {
            return Ok(());
        }
        Err(Stop::not_applicable("no document with a resource is served at a well-known URL"))
    }
}
