//! Equal as URLs is not equal as issuers.

use async_trait::async_trait;

use crate::check::{Area, Check, Level, Meta, Need, Verdict};
use crate::context::Context;
use crate::page;

page! {
    /// An issuer that differs by a final slash is refused
    ///
    /// # What it checks
    /// The zone signs the accepted token again with a slash after its issuer. It should not be served.
    ///
    /// # Why it matters
    /// Issuers are compared as strings everywhere else. A server that normalises them accepts what other parts of the
    /// system tell apart.
    ///
    /// # How to fix it
    /// Compare `iss` as a string, without normalising either side.
    ///
    /// # Reference
    /// RFC 9068 section 4; RFC 8414 section 3.3. MCP does not require the profile, so this is a warning.
    pub struct IssuerTrailingSlash;
}

const META: Meta = Meta {
    id: "issuer-trailing-slash",
    requirements: &["rfc9068-4-iss-normalised"],
    level: Level::Should,
    area: Area::Issuer,
    needs: &[Need::ZoneControl],
    follows_from: &["garbage-token", "issuer-missing", "issuer-other"],
    ..Meta::CALM
};

#[async_trait]
impl Check for IssuerTrailingSlash {
    fn meta(&self) -> &'static Meta {
        &META
    }

    async fn run(&self, cx: &Context) -> Verdict {
        let token = cx.accepted_token().await?;
        let issuer = format!("{}/", cx.zone()?.issuer());
        let odd = cx.sign(&token.but(|t| t.claim("iss", issuer)), "token whose issuer has a final slash").await?;
        cx.call(&odd, "a token whose iss has a final slash").await?.expect_refused()
    }
}
