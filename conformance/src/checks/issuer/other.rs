//! The right key does not make the right issuer.

use crate::check::{Area, Check, Level, Meta, Need, Verdict};
use crate::context::Context;
use crate::page;

page! {
    /// A token that names another issuer is refused
    ///
    /// # What it checks
    /// The zone signs the accepted token again, its `iss` another host, the issuer with a path, with a dot after the
    /// host, under another scheme. None may be served although the zone's own key signed it.
    ///
    /// # Why it matters
    /// Keys are shared between tenants and moved between zones more often than one thinks; the issuer is what tells
    /// their tokens apart.
    ///
    /// # How to fix it
    /// Compare `iss` with the configured issuer as an exact string.
    ///
    /// # Reference
    /// RFC 9068 section 4; RFC 8725 section 3.8.
    pub struct IssuerOther;
}

const META: Meta = Meta {
    id: "issuer-other",
    requirements: &["rfc9068-4-iss-exact"],
    level: Level::Must,
    area: Area::Issuer,
    needs: &[Need::ZoneControl],
    follows_from: &["garbage-token", "issuer-missing"],
    ..Meta::CALM
};

impl Check for IssuerOther {
    fn meta(&self) -> &'static Meta {
        &META
    }

    async fn run(&self, cx: &Context) -> Verdict {
        let token = cx.accepted_token().await?;
        for issuer in others(cx.zone()?.issuer()) {
            let odd = cx.sign(&token.but(|t| t.claim("iss", issuer.as_str())), "token of another issuer").await?;
            cx.call(&odd, &format!("a token whose iss is {issuer}")).await?.expect_refused()?;
        }
        Ok(())
    }
}

/// Issuers that a sloppy comparison takes for `own`.
fn others(own: &str) -> Vec<String> {
    let (scheme, rest) = own.split_once("://").unwrap_or(("https", own));
    let other_scheme = if scheme == "https" { "http" } else { "https" };
    let end_of_host = rest.find([':', '/']).unwrap_or(rest.len());
    let (host, after) = rest.split_at(end_of_host);
    vec![
        "https://issuer.example".to_owned(),
        format!("{own}/other-tenant"),
        format!("{own}.issuer.example"),
        format!("{scheme}://{host}.{after}"),
        format!("{other_scheme}://{rest}"),
    ]
}

#[cfg(test)]
mod tests {
    #[test]
    fn no_issuer_is_the_own_one() {
        let own = "http://127.0.0.1:9400";
        let others = super::others(own);
        assert!(others.iter().all(|o| o != own));
        assert!(others.contains(&"http://127.0.0.1.:9400".to_owned()));
        assert!(others.contains(&"https://127.0.0.1:9400".to_owned()));
    }
}
