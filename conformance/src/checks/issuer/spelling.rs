//! Equal as URLs is not equal as issuers.

use crate::check::{Area, Check, Level, Meta, Need, Verdict};
use crate::context::Context;
use crate::page;

page! {
    /// An issuer that is spelled differently is refused
    ///
    /// # What it checks
    /// The zone signs the accepted token again with a slash after its issuer, and with scheme and host of the
    /// issuer in capitals. None of them should be served.
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
    pub struct IssuerSpelling;
}

const META: Meta = Meta {
    id: "issuer-spelling",
    requirements: &["rfc9068-4-iss-normalised"],
    level: Level::Should,
    area: Area::Issuer,
    needs: &[Need::ZoneControl],
    follows_from: &["garbage-token", "issuer-missing", "issuer-other"],
    ..Meta::CALM
};

impl Check for IssuerSpelling {
    fn meta(&self) -> &'static Meta {
        &META
    }

    async fn run(&self, cx: &Context) -> Verdict {
        let token = cx.accepted_token().await?;
        for (how, issuer) in spellings(cx.zone()?.issuer()) {
            let odd =
                cx.sign(&token.but(|t| t.claim("iss", issuer)), "token whose issuer is spelled differently").await?;
            cx.call(&odd, &format!("a token whose iss has {how}")).await?.expect_refused()?;
        }
        Ok(())
    }
}

/// Other spellings of a URL that lead to the same place.
fn spellings(own: &str) -> Vec<(&'static str, String)> {
    let (scheme, rest) = own.split_once("://").unwrap_or(("https", own));
    let mut all = vec![
        ("a final slash", format!("{own}/")),
        ("its scheme in capitals", format!("{}://{rest}", scheme.to_uppercase())),
        ("its host in capitals", format!("{scheme}://{}", rest.to_uppercase())),
    ];
    // An address has no capitals.
    all.retain(|(_, spelling)| spelling != own);
    all
}
