//! Some credentials are no credentials.

use super::stays_shut;
use crate::check::{Area, Check, Level, Meta, Need, Verdict};
use crate::context::Context;
use crate::page;

page! {
    /// No made-up credential of another scheme is served
    ///
    /// # What it checks
    /// The bearing request, which needs a token, is sent with made-up credentials of other schemes: Basic with and
    /// without a name and password, Digest, Negotiate, ApiKey, Token, DPoP, and a word without a scheme. None may be
    /// served.
    ///
    /// # Why it matters
    /// A middleware that looks for the header's presence, or leaves other schemes to a handler that was never written,
    /// lets in whoever sends one.
    ///
    /// # How to fix it
    /// Refuse every Authorization value that is not Bearer with a valid token, unless you verify that scheme as well.
    ///
    /// # Reference
    /// RFC 6750 section 2.1; OAuth 2.1 section 5.2.
    pub struct OtherSchemes;
}

const META: Meta = Meta {
    id: "other-scheme",
    requirements: &["sbp-verify-all-requests"],
    level: Level::Must,
    area: Area::Security,
    needs: &[Need::ValidToken],
    follows_from: &["no-token", "garbage-token"],
    ..Meta::CALM
};

impl Check for OtherSchemes {
    fn meta(&self) -> &'static Meta {
        &META
    }

    async fn run(&self, cx: &Context) -> Verdict {
        cx.needed_token().await?;
        for value in [
            "Basic Y29uZm9ybWFuY2U6Y29uZm9ybWFuY2U=",
            "Basic Og==",
            "Basic",
            "Digest username=\"admin\", realm=\"\", nonce=\"\", uri=\"/\", response=\"\"",
            "Negotiate YII=",
            "ApiKey conformance",
            "Token conformance",
            "DPoP conformance",
            "conformance",
        ] {
            let what = format!("Authorization: {value}");
            stays_shut(cx, cx.bearing().authorization(value), &what).await?;
        }
        Ok(())
    }
}
