//! Headers that say the request is another one.

use super::stays_shut;
use crate::check::{Area, Check, Level, Meta, Need, Revisions, Verdict};
use crate::context::Context;
use crate::page;

page! {
    /// No header that overrides method or path leads around authentication
    ///
    /// # What it checks
    /// The bearing request, which needs a token, is sent without one and with `X-HTTP-Method-Override`, `X-HTTP-Method`
    /// and `X-Method-Override`, each saying GET and OPTIONS, and with `X-Original-URL` and `X-Rewrite-URL`, each naming
    /// `/` and the metadata's path. None may be served.
    ///
    /// # Why it matters
    /// A middleware that lets OPTIONS or public paths pass, and goes by what such a header says, lets everything pass.
    ///
    /// # How to fix it
    /// Do not read these headers, or strip them at the edge.
    ///
    /// # Reference
    /// OWASP Web Security Testing Guide, "Testing for Bypassing Authorization Schema"; OAuth 2.1 section 5.2.
    pub struct OverrideHeaders;
}

const META: Meta = Meta {
    id: "override-headers-without-token",
    requirements: &["sbp-verify-all-requests"],
    level: Level::Must,
    area: Area::Security,
    needs: &[Need::ValidToken],
    revisions: Revisions::Once,
    follows_from: &["no-token"],
    ..Meta::CALM
};

impl Check for OverrideHeaders {
    fn meta(&self) -> &'static Meta {
        &META
    }

    async fn run(&self, cx: &Context) -> Verdict {
        cx.needed_token().await?;
        let public = "/.well-known/oauth-protected-resource";
        for (names, values) in [
            (["x-http-method-override", "x-http-method", "x-method-override"].as_slice(), ["GET", "OPTIONS"]),
            (["x-original-url", "x-rewrite-url"].as_slice(), ["/", public]),
        ] {
            for name in names {
                for value in values {
                    let what = format!("{name}: {value} without a token");
                    stays_shut(cx, cx.bearing().header(name, value), &what).await?;
                }
            }
        }
        Ok(())
    }
}
