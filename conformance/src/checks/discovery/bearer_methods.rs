//! What the metadata says of tokens in headers, and what MCP allows.

use super::documents;
use crate::text::quoted;
use serde_json::Value;

use crate::check::{Area, Check, Level, Meta, Revisions, Stop, Verdict};
use crate::context::Context;
use crate::page;

page! {
    /// The bearer methods in the metadata are those of MCP
    ///
    /// # What it checks
    /// Where `bearer_methods_supported` is present, its values should be among `header`, `body` and `query`.
    /// A list that is not empty should have `header`, which MCP demands, and none should have `query`, which
    /// MCP forbids.
    ///
    /// # Why it matters
    /// A client that believes the list sends its token in another way than the server reads, or in a URL,
    /// which ends up in logs.
    ///
    /// # How to fix it
    /// Write `"bearer_methods_supported": ["header"]`.
    ///
    /// # Reference
    /// RFC 9728 section 2; MCP 2026-07-28, Authorization, "Token Requirements".
    pub struct MetadataBearerMethods;
}

const META: Meta = Meta {
    id: "metadata-bearer-methods",
    requirements: &["rfc9728-2-bearer-methods"],
    level: Level::Should,
    area: Area::Discovery,
    revisions: Revisions::Once,
    ..Meta::CALM
};

impl Check for MetadataBearerMethods {
    fn meta(&self) -> &'static Meta {
        &META
    }

    async fn run(&self, cx: &Context) -> Verdict {
        let mut listed = false;
        for (place, document) in documents(cx.discovery())? {
            let Some(Value::Array(methods)) = document.get("bearer_methods_supported") else { continue };
            listed = true;
            let actual = match methods.iter().find(|m| *m != "header" && *m != "body") {
                Some(other) => quoted(other.as_str().unwrap_or("a value that is no string")),
                None if methods.is_empty() || methods.iter().any(|m| m == "header") => continue,
                None => "a list without \"header\"".to_owned(),
            };
            let actual = format!("{actual} in the document at {}", place.url);
            return Err(Stop::violation("bearer_methods_supported with \"header\" and without \"query\"", actual));
        }
        if listed { Ok(()) } else { Err(Stop::not_applicable("no document lists bearer methods")) }
    }
}
