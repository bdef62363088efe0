//! Scheme names have no letter case.

use crate::check::{Area, Check, Level, Meta, Need, Verdict};
use crate::context::Context;
use crate::page;

page! {
    /// The Bearer scheme is recognised in any letter case
    ///
    /// # What it checks
    /// The accepted token is sent as `bearer`, `BEARER` and `bEaReR`. Each must be served.
    ///
    /// # Why it matters
    /// Clients and proxies write the scheme as they like; to a user a refusal looks like a broken sign-in.
    ///
    /// # How to fix it
    /// Compare the scheme without regard to letter case.
    ///
    /// # Reference
    /// RFC 9110 section 11.1; OAuth 2.1 section 5.1.1.
    pub struct SchemeCase;
}

const META: Meta = Meta {
    id: "scheme-letter-case",
    requirements: &["rfc9110-11.1-scheme-case-insensitive"],
    level: Level::Must,
    area: Area::TokenValidation,
    needs: &[Need::ValidToken],
    ..Meta::CALM
};

impl Check for SchemeCase {
    fn meta(&self) -> &'static Meta {
        &META
    }

    async fn run(&self, cx: &Context) -> Verdict {
        let token = cx.accepted_credential().await?;
        for scheme in ["bearer", "BEARER", "bEaReR"] {
            let request = cx.bearing().authorization(&format!("{scheme} {}", token.compact));
            cx.send(&request.purpose(format!("the accepted token as {scheme}"))).await?.expect_served()?;
        }
        Ok(())
    }
}
