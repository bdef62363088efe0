//! The metadata and the verifier must mean the same zone.

use super::{documents, strings};
use crate::text::quoted;
use serde_json::Value;

use crate::check::{Area, Check, Level, Meta, Need, Revisions, Stop, Verdict};
use crate::context::Context;
use crate::page;

page! {
    /// The metadata names the zone whose tokens are accepted
    ///
    /// # What it checks
    /// The server accepts a token of the zone. `authorization_servers` of each document must then hold the
    /// zone's issuer, character for character; a final slash counts. Other issuers beside it are left alone.
    ///
    /// # Why it matters
    /// Clients fetch their token from whom the metadata names. If that is somebody else, or the zone spelled
    /// differently, they come back with a token that is refused, or not at all.
    ///
    /// # How to fix it
    /// Take the issuer for the metadata and for the verifier from one setting, and keep URL types from adding
    /// a slash.
    ///
    /// # Reference
    /// MCP 2026-07-28, Authorization, "Authorization Server Location"; RFC 8414 section 3.3.
    pub struct MetadataNamesZone;
}

const META: Meta = Meta {
    id: "metadata-names-zone",
    requirements: &["mcp-auth-prm-advertises-zone"],
    level: Level::Must,
    area: Area::Discovery,
    needs: &[Need::ZoneControl],
    revisions: Revisions::Once,
    follows_from: &["metadata-authorization-servers", "metadata-issuers"],
    ..Meta::CALM
};

impl Check for MetadataNamesZone {
    fn meta(&self) -> &'static Meta {
        &META
    }

    async fn run(&self, cx: &Context) -> Verdict {
        let documents = documents(cx.discovery())?;
        let issuer = cx.zone()?.issuer();
        cx.accepted_token().await?;
        let mut judged = false;
        for (place, document) in documents {
            if !document.get("authorization_servers").is_some_and(Value::is_array) {
                continue; // which another check judges
            }
            judged = true;
            let listed = strings(&document, "authorization_servers");
            if !listed.contains(&issuer) {
                let listed = listed.iter().map(|l| quoted(l)).collect::<Vec<_>>().join(", ");
                let actual = format!("[{listed}] in the document at {}", place.url);
                return Err(Stop::violation(format!("authorization_servers with {}", quoted(issuer)), actual));
            }
        }
        if judged { Ok(()) } else { Err(Stop::not_applicable("no document has a list of authorization servers")) }
    }
}
