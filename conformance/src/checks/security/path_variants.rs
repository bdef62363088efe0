//! Two programs that read one path may read two.

use super::shut;
use crate::check::{Area, Check, Level, Meta, Need, Revisions, Verdict};
use crate::context::Context;
use crate::page;

page! {
    /// No other spelling of the endpoint's path is served without a token
    ///
    /// # What it checks
    /// The bearing request, which needs a token, is sent without one to other spellings of the endpoint's path: with a
    /// slash more at its end and its beginning, in capitals, with a letter percent-encoded, with a parameter (`;x`),
    /// with dots that lead back to it, and with a query. None may be served.
    ///
    /// # Why it matters
    /// Where a proxy or a middleware guards the path as it is written and the router behind it is more liberal, each
    /// such spelling is an open door.
    ///
    /// # How to fix it
    /// Guard the handler rather than the path, or have one place normalise the path before both the guard and the
    /// router see it.
    ///
    /// # Reference
    /// OWASP Web Security Testing Guide, "Testing for Bypassing Authorization Schema"; OAuth 2.1 section 5.2.
    pub struct PathVariants;
}

const META: Meta = Meta {
    id: "path-variants-without-token",
    requirements: &["sbp-verify-all-requests"],
    level: Level::Must,
    area: Area::Security,
    needs: &[Need::ValidToken],
    revisions: Revisions::Once,
    follows_from: &["no-token"],
    ..Meta::CALM
};

impl Check for PathVariants {
    fn meta(&self) -> &'static Meta {
        &META
    }

    async fn run(&self, cx: &Context) -> Verdict {
        cx.needed_token().await?;
        for path in variants(cx.url().path()) {
            let mut request = cx.bearing().purpose(format!("{path} without a token"));
            let what = request.purpose.clone();
            request.raw_path = Some(path);
            shut(&cx.send(&request).await?, &what)?;
        }
        Ok(())
    }
}

/// Other spellings of a path, each of which some router takes for it.
fn variants(path: &str) -> Vec<String> {
    let mut variants = vec![
        format!("{path}?conformance=1"),
        format!("/{path}"),
        format!("/.{path}"),
        format!("/conformance/..{path}"),
        format!("/conformance/..;{path}"),
    ];
    if path != "/" {
        variants.extend(["/", "//", "/.", ";x", "%2f", "%20", ".json"].map(|end| format!("{path}{end}")));
    }
    if let Some(at) = path.rfind(|c: char| c.is_ascii_alphabetic()) {
        let (before, letter, after) = (&path[..at], path.as_bytes()[at], &path[at + 1..]);
        variants.push(format!("{before}%{letter:02x}{after}"));
        variants.push(path.to_ascii_uppercase());
    }
    variants.retain(|variant| variant != path);
    variants
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_spelled_in_other_ways_and_never_in_its_own() {
        let of_mcp = variants("/mcp");
        for variant in ["//mcp", "/./mcp", "/mcp/", "/MCP", "/mc%70", "/mcp;x", "/mcp?conformance=1"] {
            assert!(of_mcp.iter().any(|v| v == variant), "{variant} in {of_mcp:?}");
        }
        assert!(!of_mcp.contains(&"/mcp".to_owned()));
        assert!(!variants("/MCP").contains(&"/MCP".to_owned()));
        assert!(variants("/").iter().all(|v| v.starts_with('/') && v != "/"));
    }
}
