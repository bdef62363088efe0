//! The reason why the document exists.

use super::documents;
use serde_json::Value;

use crate::check::{Area, Check, Level, Meta, Revisions, Stop, Verdict};
use crate::context::Context;
use crate::page;

page! {
    /// The metadata lists an authorization server
    ///
    /// # What it checks
    /// Each document must have `authorization_servers`, an array with at least one entry.
    ///
    /// # Why it matters
    /// This is how a client gets from your server to the place where it can sign its user in. The RFC leaves
    /// the member optional; MCP does not.
    ///
    /// # How to fix it
    /// List the issuer of your zone: `"authorization_servers": ["https://<zone-id>.keycard.cloud"]`.
    ///
    /// # Reference
    /// MCP 2026-07-28, Authorization, "Authorization Server Location"; RFC 9728 section 2.
    pub struct MetadataAuthorizationServers;
}

const META: Meta = Meta {
    id: "metadata-authorization-servers",
    requirements: &["mcp-auth-prm-authorization-servers"],
    level: Level::Must,
    area: Area::Discovery,
    revisions: Revisions::Once,
    ..Meta::CALM
};

impl Check for MetadataAuthorizationServers {
    fn meta(&self) -> &'static Meta {
        &META
    }

    async fn run(&self, cx: &Context) -> Verdict {
        for (place, document) in documents(cx.discovery())? {
            let actual = match document.get("authorization_servers") {
                Some(Value::Array(entries)) if !entries.is_empty() => continue,
                Some(Value::Array(_)) => "an empty array",
                Some(_) => "a value that is no array",
                None => "no authorization_servers",
            };
            let actual = format!("{actual} in the document at {}", place.url);
            return Err(Stop::violation("authorization_servers with at least one entry", actual));
        }
        Ok(())
    }
}
