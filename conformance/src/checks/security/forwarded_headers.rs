//! What a proxy would say, anybody can say.

use super::stays_shut;
use crate::check::{Area, Check, Level, Meta, Need, Revisions, Verdict};
use crate::context::Context;
use crate::page;

page! {
    /// No header of a proxy stands in for a token
    ///
    /// # What it checks
    /// The bearing request, which needs a token, is sent without one and with headers by which proxies tell where a
    /// request comes from and who sends it: `X-Forwarded-For`, `X-Real-IP` and `Forwarded` with 127.0.0.1,
    /// `X-Forwarded-Host`, `X-Forwarded-User`, `X-Remote-User`, `X-Authenticated-User`, `X-Auth-Request-User`, `X-User`
    /// and others. None may be served.
    ///
    /// # Why it matters
    /// A server that trusts these from everybody can be told that its caller sits on the same machine, or is an
    /// administrator.
    ///
    /// # How to fix it
    /// Take no identity from headers other than Authorization; where a proxy authenticates, accept its headers from the
    /// proxy alone.
    ///
    /// # Reference
    /// MCP Security Best Practices, "Session Hijacking"; OAuth 2.1 section 5.2.
    pub struct ForwardedHeaders;
}

const META: Meta = Meta {
    id: "forwarded-headers-without-token",
    requirements: &["sbp-verify-all-requests"],
    level: Level::Must,
    area: Area::Security,
    needs: &[Need::ValidToken],
    revisions: Revisions::Once,
    follows_from: &["no-token"],
    ..Meta::CALM
};

impl Check for ForwardedHeaders {
    fn meta(&self) -> &'static Meta {
        &META
    }

    async fn run(&self, cx: &Context) -> Verdict {
        cx.needed_token().await?;
        for (name, value) in [
            ("x-forwarded-for", "127.0.0.1"),
            ("x-real-ip", "127.0.0.1"),
            ("x-client-ip", "127.0.0.1"),
            ("forwarded", "for=127.0.0.1;host=localhost;proto=https"),
            ("x-forwarded-host", "localhost"),
            ("x-forwarded-proto", "https"),
            ("x-forwarded-uri", "/"),
            ("x-forwarded-user", "admin"),
            ("x-forwarded-email", "admin@example.com"),
            ("x-remote-user", "admin"),
            ("x-authenticated-user", "admin"),
            ("x-auth-request-user", "admin"),
            ("x-user", "admin"),
            ("x-user-id", "1"),
        ] {
            let what = format!("{name}: {value} without a token");
            stays_shut(cx, cx.bearing().header(name, value), &what).await?;
        }
        Ok(())
    }
}
