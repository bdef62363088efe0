//! Paths have letter case.

use url::Url;

use super::own;
use crate::check::{Area, Check, Level, Meta, Need, Stop, Verdict};
use crate::context::Context;
use crate::page;

page! {
    /// A token for the resource in other letter case is refused
    ///
    /// # What it checks
    /// The zone signs the accepted token again, the path of its `aud` in capitals. It must not be served. What the
    /// server's own metadata names as its resource is left out.
    ///
    /// # Why it matters
    /// Audiences are compared letter by letter. Two paths that differ in case may be two servers.
    ///
    /// # How to fix it
    /// Compare `aud` with your resource identifier as a whole string.
    ///
    /// # Reference
    /// RFC 7519 section 4.1.3.
    pub struct AudienceLetterCase;
}

const META: Meta = Meta {
    id: "audience-letter-case",
    requirements: &["rfc7519-4.1.3-aud-case-sensitive"],
    level: Level::Must,
    area: Area::Audience,
    needs: &[Need::ZoneControl],
    follows_from: &["garbage-token", "audience-other", "audience-sibling"],
    ..Meta::CALM
};

impl Check for AudienceLetterCase {
    fn meta(&self) -> &'static Meta {
        &META
    }

    async fn run(&self, cx: &Context) -> Verdict {
        let token = cx.accepted_token().await?;
        let own = own(&token).as_str().and_then(|aud| Url::parse(aud).ok()).filter(Url::has_host);
        let Some(mut shouted) = own.filter(|url| url.path().chars().any(char::is_lowercase)) else {
            return Err(Stop::not_applicable("the accepted audience has no path with letters"));
        };
        shouted.set_path(&shouted.path().to_uppercase());
        let documents = cx.discovery().documents();
        let mut named = documents.iter().filter_map(|(_, document)| document.get("resource")?.as_str());
        if named.any(|resource| resource == shouted.as_str()) {
            return Err(Stop::not_applicable("the metadata names that as a resource, too"));
        }
        let odd = cx.sign(&token.but(|t| t.claim("aud", shouted.as_str())), "token for another letter case").await?;
        cx.call(&odd, &format!("a token for {shouted}")).await?.expect_refused()
    }
}
