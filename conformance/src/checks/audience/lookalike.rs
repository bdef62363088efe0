//! Nearly ours.

use url::Url;

use super::own;

use crate::check::{Area, Check, Level, Meta, Need, Stop, Verdict};
use crate::context::Context;
use crate::page;

page! {
    /// A token for a look-alike of the resource is refused
    ///
    /// # What it checks
    /// The zone signs the accepted token again, its `aud` differing from the resource by port, by scheme, by a
    /// shorter and a longer path, by a host that begins or ends alike, by a query and by a fragment. None may be
    /// served. What the server's own metadata names as its resource is left out.
    ///
    /// # Why it matters
    /// Whoever registers `https://mcp.example.com.evil.example` can have tokens for it. A comparison by prefix takes
    /// them for yours.
    ///
    /// # How to fix it
    /// Compare `aud` with your resource identifier as a whole string.
    ///
    /// # Reference
    /// RFC 9068 section 4; MCP 2026-07-28, Authorization, "Token Handling".
    pub struct AudienceLookalike;
}

const META: Meta = Meta {
    id: "audience-lookalike",
    requirements: &["rfc9068-4-aud"],
    level: Level::Must,
    area: Area::Audience,
    needs: &[Need::ZoneControl],
    follows_from: &["garbage-token", "audience-other", "audience-sibling"],
    ..Meta::CALM
};

impl Check for AudienceLookalike {
    fn meta(&self) -> &'static Meta {
        &META
    }

    async fn run(&self, cx: &Context) -> Verdict {
        let token = cx.accepted_token().await?;
        let Some(own) = own(&token).as_str().and_then(|aud| Url::parse(aud).ok()).filter(Url::has_host) else {
            return Err(Stop::not_applicable("the accepted audience is no URL"));
        };
        let named: Vec<String> = cx
            .discovery()
            .documents()
            .iter()
            .filter_map(|(_, d)| d.get("resource")?.as_str().map(str::to_owned))
            .collect();
        for audience in lookalikes(&own).into_iter().filter(|a| !named.contains(a)) {
            let odd = cx.sign(&token.but(|t| t.claim("aud", audience.as_str())), "token for a look-alike").await?;
            cx.call(&odd, &format!("a token for {audience}")).await?.expect_refused()?;
        }
        Ok(())
    }
}

/// Audiences that a comparison by prefix, suffix, host or path alone takes for `own`.
fn lookalikes(own: &Url) -> Vec<String> {
    let text = own.as_str().trim_end_matches('/');
    let (scheme, rest) = text.split_once("://").unwrap_or(("https", text));
    let (authority, path) = rest.split_once('/').map_or((rest, String::new()), |(a, p)| (a, format!("/{p}")));
    let host = authority.split(':').next().unwrap_or_default();
    let other_port = if own.port() == Some(1) { 2 } else { 1 };
    let other_scheme = if scheme == "https" { "http" } else { "https" };
    let (parent, _) = path.rsplit_once('/').unwrap_or_default();
    let mut all = vec![
        format!("{scheme}://{host}:{other_port}{path}"),
        format!("{other_scheme}://{rest}"),
        format!("{text}/deeper"),
        format!("{text}-evil"),
        format!("{scheme}://{authority}.evil.example{path}"),
        format!("{scheme}://evil.example/{rest}"),
        format!("{text}?x=1"),
        format!("{text}#x"),
        format!("{scheme}://{authority}{parent}"),
    ];
    // An audience without a path has no parent.
    all.retain(|lookalike| lookalike != text && lookalike != own.as_str());
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_lookalike_is_the_resource_itself() {
        for own in ["http://127.0.0.1:8080/mcp", "https://mcp.example.com/", "https://h:1/a/b"] {
            let own = Url::parse(own).unwrap();
            let all = lookalikes(&own);
            assert!(all.iter().all(|l| l != own.as_str()), "{all:?}");
            assert!(all.iter().any(|l| l.starts_with(own.as_str())));
        }
    }
}
