//! Which key is for what.

use serde_json::Value;
use url::Url;

use super::{Found, documents, own_keys};
use crate::check::{Area, Check, Level, Meta, Revisions, Stop, Verdict};
use crate::context::Context;
use crate::page;

page! {
    /// Keys for signatures and for encryption each say their use
    ///
    /// # What it checks
    /// Where the metadata has a `jwks_uri` on the server's own origin, and the set there has keys for signatures and
    /// keys for encryption, every key of it must have `use`.
    ///
    /// # Why it matters
    /// A client that takes the wrong key for a signature trusts what was never meant to be one.
    ///
    /// # How to fix it
    /// Add `use` to each key: `sig` or `enc`.
    ///
    /// # Reference
    /// RFC 9728 section 2.
    pub struct MetadataJwksUse;
}

const META: Meta = Meta {
    id: "metadata-jwks-use",
    requirements: &["rfc9728-2-jwks-use"],
    level: Level::Must,
    area: Area::Discovery,
    revisions: Revisions::Once,
    ..Meta::CALM
};

impl Check for MetadataJwksUse {
    fn meta(&self) -> &'static Meta {
        &META
    }

    async fn run(&self, cx: &Context) -> Verdict {
        for (_, document) in documents(cx.discovery())? {
            let named = document.get("jwks_uri").and_then(Value::as_str).and_then(|text| Url::parse(text).ok());
            let Some(url) = named else { continue };
            let Found::Keys(keys) = own_keys(cx, &url).await? else { continue };
            let has = |usage: &str| keys.iter().any(|key| key["use"] == usage);
            if !(has("sig") && has("enc")) {
                continue;
            }
            let unsaid = keys.iter().filter(|key| key.get("use").is_none()).count();
            return match unsaid {
                0 => Ok(()),
                _ => {
                    Err(Stop::violation("use in every key", format!("{unsaid} of {} without it at {url}", keys.len())))
                }
            };
        }
        Err(Stop::not_applicable("no document has a jwks_uri whose set has keys for both"))
    }
}
