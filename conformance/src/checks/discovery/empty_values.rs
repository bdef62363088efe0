//! What a server does not have it does not mention.

use super::documents;
use serde_json::Value;

use crate::check::{Area, Check, Level, Meta, Revisions, Stop, Verdict};
use crate::context::Context;
use crate::page;

page! {
    /// Metadata without a value is left out
    ///
    /// # What it checks
    /// No parameter that RFC 9728 registers may be null, an empty string or an empty array in any document.
    /// `bearer_methods_supported` may be an empty array: that says that no method is supported.
    ///
    /// # Why it matters
    /// A client tests whether a member is there. `null` and `[]` are there, and then go wrong in places where
    /// nobody expects it.
    ///
    /// # How to fix it
    /// Leave empty members out when you serialise (`exclude_none`, `skip_serializing_if`, `omitempty`).
    ///
    /// # Reference
    /// RFC 9728 sections 2 and 3.2.
    pub struct MetadataEmptyValues;
}

const META: Meta = Meta {
    id: "metadata-empty-values",
    requirements: &["rfc9728-3.2-zero-values-omitted"],
    level: Level::Must,
    area: Area::Discovery,
    revisions: Revisions::Once,
    follows_from: &["metadata-authorization-servers"],
    ..Meta::CALM
};

impl Check for MetadataEmptyValues {
    fn meta(&self) -> &'static Meta {
        &META
    }

    async fn run(&self, cx: &Context) -> Verdict {
        for (place, document) in documents(cx.discovery())? {
            for name in REGISTERED {
                let what = match document.get(name) {
                    Some(Value::Null) => "null",
                    Some(Value::String(text)) if text.is_empty() => "an empty string",
                    Some(Value::Array(values)) if values.is_empty() && name != "bearer_methods_supported" => {
                        "an empty array"
                    }
                    _ => continue,
                };
                let actual = format!("{what} in the document at {}", place.url);
                return Err(Stop::violation(format!("{name} with a value, or no {name}"), actual));
            }
        }
        Ok(())
    }
}

/// The parameters of RFC 9728 sections 2 and 2.2.
const REGISTERED: [&str; 15] = [
    "resource",
    "authorization_servers",
    "jwks_uri",
    "scopes_supported",
    "bearer_methods_supported",
    "resource_signing_alg_values_supported",
    "resource_name",
    "resource_documentation",
    "resource_policy_uri",
    "resource_tos_uri",
    "tls_client_certificate_bound_access_tokens",
    "authorization_details_types_supported",
    "dpop_signing_alg_values_supported",
    "dpop_bound_access_tokens_required",
    "signed_metadata",
];
