//! Scopes that a client can put into a request.

use super::{documents, strings};
use crate::challenge::is_scope_byte;
use crate::text::quoted;

use crate::check::{Area, Check, Level, Meta, Revisions, Stop, Verdict};
use crate::context::Context;
use crate::page;

page! {
    /// The scopes in the metadata are made of scope characters
    ///
    /// # What it checks
    /// Where `scopes_supported` is present, each of its strings should consist of printable ASCII without space,
    /// quote and backslash. Where a tool was seen to need a scope, it should be present. Empty values and a value
    /// that is no array are judged by `metadata-empty-values` and `metadata-arrays`.
    ///
    /// # Why it matters
    /// Scopes travel as one string, separated by spaces and often in quotes. With a space in it one scope
    /// becomes two.
    ///
    /// # How to fix it
    /// Rename the scope; the usual form is `noun:verb`.
    ///
    /// # Reference
    /// RFC 9728 section 2; RFC 6749 section 3.3.
    pub struct MetadataScopes;
}

const META: Meta = Meta {
    id: "metadata-scopes",
    requirements: &["rfc9728-2-scopes-supported"],
    level: Level::Should,
    area: Area::Discovery,
    revisions: Revisions::Once,
    ..Meta::CALM
};

impl Check for MetadataScopes {
    fn meta(&self) -> &'static Meta {
        &META
    }

    async fn run(&self, cx: &Context) -> Verdict {
        let mut listed = false;
        for (place, document) in documents(cx.discovery())? {
            listed |= document.contains_key("scopes_supported");
            if let Some(scope) =
                strings(&document, "scopes_supported").into_iter().find(|s| !s.bytes().all(is_scope_byte))
            {
                let actual = format!("{} in the document at {}", quoted(scope), place.url);
                return Err(Stop::violation("scopes of printable ASCII without space, quote and backslash", actual));
            }
        }
        if listed {
            return Ok(());
        }
        match cx.survey().scoped_tools.first() {
            Some(tool) => Err(Stop::violation(
                "scopes_supported, since there are scopes",
                format!("none, and {} needs {}", tool.name(), tool.scopes.join(" ")),
            )),
            None => Err(Stop::not_applicable("no document lists scopes")),
        }
    }
}
