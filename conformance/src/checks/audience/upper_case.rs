//! Schemes and hosts have no letter case.

use super::own;
use crate::check::{Area, Check, Level, Meta, Need, Stop, Verdict};
use crate::context::Context;
use crate::page;

page! {
    /// A token for the resource with scheme and host in capitals is accepted
    ///
    /// # What it checks
    /// The zone signs the accepted token again, scheme and host of its `aud` in capitals and the rest as it is. Whether
    /// it is served is reported; a refusal is for your information.
    ///
    /// # Why it matters
    /// `HTTPS://Example.com/mcp` and `https://example.com/mcp` are one resource. A client that was given the former asks
    /// for tokens that you do not take.
    ///
    /// # How to fix it
    /// Compare scheme and host of `aud` without letter case, and the rest exactly. Exact comparison of the whole is the
    /// safer mistake.
    ///
    /// # Reference
    /// MCP 2026-07-28, Authorization, "Canonical Server URI"; RFC 3986 section 6.2.2.1.
    pub struct AudienceUpperCase;
}

const META: Meta = Meta {
    id: "audience-upper-case",
    requirements: &["mcp-auth-canonical-accept-uppercase"],
    level: Level::May,
    area: Area::Audience,
    needs: &[Need::ZoneControl],
    ..Meta::CALM
};

impl Check for AudienceUpperCase {
    fn meta(&self) -> &'static Meta {
        &META
    }

    async fn run(&self, cx: &Context) -> Verdict {
        let token = cx.accepted_token().await?;
        let own = own(&token);
        let Some(shouted) = own.as_str().and_then(shouted) else {
            return Err(Stop::not_applicable("the accepted audience is no URL with a host"));
        };
        let odd = cx.sign(&token.but(|t| t.claim("aud", shouted.as_str())), "token for a host in capitals").await?;
        cx.call(&odd, &format!("a token for {shouted}")).await?.expect_served()
    }
}

/// The same URL with scheme and host in capitals.
fn shouted(url: &str) -> Option<String> {
    let authority = url.find("://")? + "://".len();
    let end = url[authority..].find(['/', '?', '#']).map_or(url.len(), |at| authority + at);
    let (front, rest) = url.split_at(end);
    let shouted = format!("{}{rest}", front.to_ascii_uppercase());
    (end > authority && shouted != url).then_some(shouted)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_path_keeps_its_letter_case() {
        assert_eq!(shouted("http://a.example:8/Mcp?x=y").as_deref(), Some("HTTP://A.EXAMPLE:8/Mcp?x=y"));
        assert_eq!(shouted("https://a.example").as_deref(), Some("HTTPS://A.EXAMPLE"));
        assert_eq!(shouted("api"), None);
        assert_eq!(shouted("urn:x"), None);
    }
}
