//! A stranger who does everything right.

use crate::check::{Area, Check, Level, Meta, Need, Verdict};
use crate::context::Context;
use crate::page;

page! {
    /// A perfect token of another live zone is refused
    ///
    /// # What it checks
    /// A second zone is started, with live metadata and keys. It signs the accepted token's claims under its own
    /// name: everything is right but the issuer. The token must not be served. The second zone listens on this
    /// machine; a server elsewhere could not ask it for keys and would refuse for that, so there it is not tested.
    ///
    /// # Why it matters
    /// Whoever can rent a zone can issue such tokens. A server that trusts an issuer because its keys can be fetched
    /// trusts everybody.
    ///
    /// # How to fix it
    /// Name your issuer in the configuration and refuse any other before you look for keys.
    ///
    /// # Reference
    /// The Keycard guide ("rejects tokens from any issuer other than your zone"); RFC 8725 section 3.8.
    pub struct SecondZone;
}

const META: Meta = Meta {
    id: "second-zone-token",
    requirements: &["keycard-guide-foreign-issuer", "rfc8725-3.8-no-issuer-driven-fetch"],
    level: Level::Must,
    area: Area::Issuer,
    needs: &[Need::ValidToken, Need::SecondServer],
    follows_from: &["garbage-token", "issuer-other", "foreign-signature"],
    ..Meta::CALM
};

impl Check for SecondZone {
    fn meta(&self) -> &'static Meta {
        &META
    }

    async fn run(&self, cx: &Context) -> Verdict {
        let token = cx.accepted_token().await?;
        let (foreign, zone) = cx.second_zone_token(&token).await?;
        cx.call(&foreign, "a perfect token of a second zone").await?.expect_refused()?;
        if zone.requests_after(0).await?.is_empty() {
            cx.remark("the second zone's log has no request of the server".to_owned());
        }
        Ok(())
    }
}
