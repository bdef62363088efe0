//! Lists in JSON are arrays, also where OAuth elsewhere joins with spaces.

use super::documents;

use crate::check::{Area, Check, Level, Meta, Revisions, Stop, Verdict};
use crate::context::Context;
use crate::page;
use crate::text::quoted;

page! {
    /// Metadata with several values is an array
    ///
    /// # What it checks
    /// `authorization_servers`, `scopes_supported`, `bearer_methods_supported` and every `*_values_supported`
    /// must be an array where it is present. Null and the empty string are left to `metadata-empty-values`.
    ///
    /// # Why it matters
    /// In tokens and challenges scopes are one string with spaces. In the metadata they are not, and a client
    /// that loops over a string asks for scopes of one letter.
    ///
    /// # How to fix it
    /// Write `["a", "b"]` instead of `"a b"`, also for a single value.
    ///
    /// # Reference
    /// RFC 9728 section 3.2.
    pub struct MetadataArrays;
}

const META: Meta = Meta {
    id: "metadata-arrays",
    requirements: &["rfc9728-3.2-multiple-values-array"],
    level: Level::Must,
    area: Area::Discovery,
    revisions: Revisions::Once,
    follows_from: &["metadata-authorization-servers"],
    ..Meta::CALM
};

impl Check for MetadataArrays {
    fn meta(&self) -> &'static Meta {
        &META
    }

    async fn run(&self, cx: &Context) -> Verdict {
        const LISTS: [&str; 3] = ["authorization_servers", "scopes_supported", "bearer_methods_supported"];
        for (place, document) in documents(cx.discovery())? {
            for (name, value) in &document {
                let is_list = LISTS.contains(&name.as_str()) || name.ends_with("_values_supported");
                if is_list && !value.is_array() && !value.is_null() && value != "" {
                    let actual = format!("{} in the document at {}", quoted(&value.to_string()), place.url);
                    return Err(Stop::violation(format!("{} as an array", quoted(name)), actual));
                }
            }
        }
        Ok(())
    }
}
