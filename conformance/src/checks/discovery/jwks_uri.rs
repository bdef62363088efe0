//! Keys of the server itself.

use url::Url;

use super::{Found, documents, own_keys};
use crate::check::{Area, Check, Level, Meta, Revisions, Stop, Verdict};
use crate::context::Context;
use crate::discovery::is_loopback;
use crate::page;
use crate::text::quoted;

page! {
    /// A jwks_uri of the metadata leads to a key set, over https
    ///
    /// # What it checks
    /// Where a document has `jwks_uri`, it must be an https URL; one of this machine may be http where the server runs
    /// on this machine too. What is served there, if it is on the server's own origin, must be a JSON object with an
    /// array `keys`.
    ///
    /// # Why it matters
    /// Clients verify signed answers with these keys, and encrypt for them. Who can change them on the way speaks for
    /// the server.
    ///
    /// # How to fix it
    /// Serve the key set over https and name that URL; leave `jwks_uri` out if your server has no keys of its own.
    ///
    /// # Reference
    /// RFC 9728 section 2; RFC 7517 section 5.
    pub struct MetadataJwksUri;
}

const META: Meta = Meta {
    id: "metadata-jwks-uri",
    requirements: &["rfc9728-2-jwks-uri-https"],
    level: Level::Must,
    area: Area::Discovery,
    revisions: Revisions::Once,
    ..Meta::CALM
};

impl Check for MetadataJwksUri {
    fn meta(&self) -> &'static Meta {
        &META
    }

    async fn run(&self, cx: &Context) -> Verdict {
        let mut judged = false;
        for (place, document) in documents(cx.discovery())? {
            let Some(named) = document.get("jwks_uri") else { continue };
            let url = named.as_str().and_then(|text| Url::parse(text).ok());
            let is_safe = |url: &Url| url.scheme() == "https" || is_loopback(url) && is_loopback(cx.url());
            let Some(url) = url.filter(is_safe) else {
                let actual = format!(
                    "{} in the document at {}",
                    named.as_str().map_or_else(|| "no string".to_owned(), quoted),
                    place.url
                );
                return Err(Stop::violation("an https URL as jwks_uri", actual));
            };
            judged |= match own_keys(cx, &url).await? {
                Found::Keys(_) => true,
                Found::NoKeys(what) => {
                    return Err(Stop::violation("a key set at jwks_uri", format!("{what} from {url}")));
                }
                Found::Elsewhere => url.scheme() == "https",
            };
        }
        if judged { Ok(()) } else { Err(Stop::not_applicable("no document has a jwks_uri")) }
    }
}
