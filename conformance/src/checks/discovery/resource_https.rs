//! A resource is named by an https URL.

use url::Url;

use super::resources;
use crate::check::{Area, Check, Level, Meta, Revisions, Stop, Verdict};
use crate::context::Context;
use crate::page;
use crate::text::quoted;

page! {
    /// The resource identifier is an https URL
    ///
    /// # What it checks
    /// `resource` of each metadata document must be a URL of the scheme https. A server on loopback that is itself asked over
    /// plain http is one in development, and not held to it.
    ///
    /// # Why it matters
    /// Clients ask for tokens for the resource that is named here and send them to it. Over plain http whoever is on the way
    /// reads them.
    ///
    /// # How to fix it
    /// Build the identifier from the server's public address, which is https, and not from what the request looks like behind
    /// the proxy that ends TLS.
    ///
    /// # Reference
    /// RFC 9728 section 1.2.
    pub struct MetadataResourceHttps;
}

const META: Meta = Meta {
    id: "metadata-resource-https",
    requirements: &["rfc9728-1.2-resource-https"],
    level: Level::Must,
    area: Area::Discovery,
    revisions: Revisions::Once,
    ..Meta::CALM
};

impl Check for MetadataResourceHttps {
    fn meta(&self) -> &'static Meta {
        &META
    }

    async fn run(&self, cx: &Context) -> Verdict {
        let mut is_waived = false;
        for (place, resource) in resources(cx.discovery())? {
            let url = Url::parse(&resource).ok();
            match url.as_ref().map(Url::scheme) {
                Some("https") => {}
                Some("http") if cx.is_in_development() => is_waived = true,
                _ => {
                    let actual = format!("{} in the document from {}", quoted(&resource), place.url);
                    return Err(Stop::violation("an https URL", actual));
                }
            }
        }
        if is_waived {
            return Err(Stop::not_applicable("the server is on loopback and asked over plain http, for development"));
        }
        Ok(())
    }
}
