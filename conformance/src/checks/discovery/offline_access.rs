//! A refresh token is between the client and the zone.

use super::{documents, strings};
use serde_json::Value;

use crate::check::{Area, Check, Level, Meta, Revisions, Stop, Verdict};
use crate::context::Context;
use crate::page;

page! {
    /// The metadata does not list offline_access
    ///
    /// # What it checks
    /// `scopes_supported` should not hold `offline_access` in any document. MCP asks for this from 2026-07-28
    /// on.
    ///
    /// # Why it matters
    /// The scope asks the authorization server for a refresh token. It permits nothing at your server, so it
    /// is not one of its scopes, and clients that ask for all that is listed ask users for more than they
    /// need.
    ///
    /// # How to fix it
    /// Remove it. Clients that want a refresh token add it themselves.
    ///
    /// # Reference
    /// MCP 2026-07-28, Authorization, "Refresh Tokens".
    pub struct MetadataOfflineAccess;
}

const META: Meta = Meta {
    id: "metadata-offline-access",
    requirements: &["mcp-auth-scopes-supported-no-offline-access"],
    level: Level::Should,
    area: Area::Discovery,
    revisions: Revisions::Stateless,
    ..Meta::CALM
};

impl Check for MetadataOfflineAccess {
    fn meta(&self) -> &'static Meta {
        &META
    }

    async fn run(&self, cx: &Context) -> Verdict {
        cx.spoken()?;
        let mut listed = false;
        for (place, document) in documents(cx.discovery())? {
            listed |= document.get("scopes_supported").is_some_and(Value::is_array);
            if strings(&document, "scopes_supported").contains(&"offline_access") {
                let actual = format!("offline_access in the document at {}", place.url);
                return Err(Stop::violation("scopes_supported without offline_access", actual));
            }
        }
        if listed { Ok(()) } else { Err(Stop::not_applicable("no document lists scopes")) }
    }
}
