//! What a client of 2025-03-26 takes from the metadata.

use serde_json::{Map, Value};
use url::Url;

use super::own_server::{Metadata, bound, origin_metadata};
use crate::check::{Area, Check, Level, Meta, Need, Stop, Verdict};
use crate::context::Context;
use crate::page;
use crate::text::quoted;

page! {
    /// The authorization server metadata of a server of 2025-03-26 are complete
    ///
    /// # What it checks
    /// The document at `/.well-known/oauth-authorization-server` of the origin should have an `issuer`, an
    /// `authorization_endpoint` (unless it has no grant type that needs one) and a `token_endpoint`, each an absolute URL,
    /// and `response_types_supported`, a list that is not empty. Only for a server whose newest revision is 2025-03-26 and
    /// that publishes no protected resource metadata.
    ///
    /// # Why it matters
    /// A client goes by what it finds here. Where a member is missing it stops, or falls back to a guess.
    ///
    /// # How to fix it
    /// Serve all members that RFC 8414 requires, with URLs of the server's public address.
    ///
    /// # Reference
    /// MCP 2025-03-26, Authorization, "Server Metadata Discovery"; RFC 8414 section 2.
    pub struct OriginMetadataValid;
}

const META: Meta = Meta {
    id: "origin-metadata-valid",
    requirements: &["mcp-2025-03-26-as-metadata"],
    level: Level::Should,
    area: Area::Discovery,
    needs: &[Need::ValidToken],
    follows_from: &["origin-metadata"],
    ..Meta::CALM
};

impl Check for OriginMetadataValid {
    fn meta(&self) -> &'static Meta {
        &META
    }

    async fn run(&self, cx: &Context) -> Verdict {
        bound(cx).await?;
        match origin_metadata(cx).await? {
            Metadata::Document(document) => valid(&document),
            Metadata::Other(_) | Metadata::Absent => {
                Err(Stop::not_applicable("no document was found, which origin-metadata judges"))
            }
        }
    }
}

/// Passes where the members that RFC 8414 section 2 requires are there.
fn valid(document: &Map<String, Value>) -> Verdict {
    let mut urls = vec!["issuer", "token_endpoint"];
    let grants = document.get("grant_types_supported").and_then(Value::as_array);
    if grants.is_none_or(|grants| grants.iter().any(|grant| grant == "authorization_code")) {
        urls.push("authorization_endpoint");
    }
    for member in urls {
        let value = document.get(member).and_then(Value::as_str);
        let is_url = |text: &str| Url::parse(text).is_ok_and(|url| matches!(url.scheme(), "http" | "https"));
        if !value.is_some_and(is_url) {
            let actual = document.get(member).map_or("none".to_owned(), |value| quoted(&value.to_string()));
            return Err(Stop::violation(format!("{member}, an absolute URL"), actual));
        }
    }
    let types = document.get("response_types_supported");
    if types.and_then(Value::as_array).is_none_or(Vec::is_empty) {
        let actual = types.map_or("none".to_owned(), |value| quoted(&value.to_string()));
        return Err(Stop::violation("response_types_supported, a list of at least one", actual));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_rfc_8414_requires_must_be_there() {
        let full = json!({
            "issuer": "https://h.example",
            "authorization_endpoint": "https://h.example/authorize",
            "token_endpoint": "https://h.example/token",
            "response_types_supported": ["code"],
        });
        let but = |member: &str, value: Value| {
            let mut document = full.as_object().unwrap().clone();
            document.insert(member.to_owned(), value);
            valid(&document)
        };
        assert_eq!(but("scopes_supported", json!([])), Ok(()));
        for (member, value) in [
            ("issuer", json!(null)),
            ("issuer", json!("/relative")),
            ("token_endpoint", json!(7)),
            ("authorization_endpoint", json!("")),
            ("response_types_supported", json!([])),
        ] {
            assert!(but(member, value).is_err(), "{member}");
        }
        let mut machines_only = full.as_object().unwrap().clone();
        machines_only.remove("authorization_endpoint");
        machines_only.insert("grant_types_supported".to_owned(), json!(["client_credentials"]));
        assert_eq!(valid(&machines_only), Ok(()));
    }
}
