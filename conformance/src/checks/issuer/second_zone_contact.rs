//! Only the stranger's own log proves that it was not asked.

use crate::check::{Area, Check, Level, Meta, Need, Stop, Verdict};
use crate::context::Context;
use crate::page;
use crate::text::quoted;

page! {
    /// The server does not ask a stranger for keys
    ///
    /// # What it checks
    /// The perfect token of a second live zone is sent, and that zone's own log is read: any request for its
    /// metadata or keys in this run is reported. The second zone listens on this machine, so the check is for
    /// servers that do so too.
    ///
    /// # Why it matters
    /// A server that fetches what a token names can be made to send requests anywhere (SSRF), and is one mistake away
    /// from trusting what it finds there.
    ///
    /// # How to fix it
    /// Compare the issuer before anything is fetched; take the key set from the configured zone only.
    ///
    /// # Reference
    /// RFC 8725 sections 3.8 and 3.10. To confirm an issuer is allowed, so a contact alone is reported, not failed.
    pub struct SecondZoneContact;
}

const META: Meta = Meta {
    id: "second-zone-contact",
    requirements: &["rfc8725-3.8-no-issuer-driven-fetch"],
    level: Level::May,
    area: Area::Issuer,
    needs: &[Need::ValidToken, Need::SecondServer],
    follows_from: &["second-zone-token"],
    ..Meta::CALM
};

impl Check for SecondZoneContact {
    fn meta(&self) -> &'static Meta {
        &META
    }

    async fn run(&self, cx: &Context) -> Verdict {
        let token = cx.accepted_token().await?;
        let (foreign, zone) = cx.second_zone_token(&token).await?;
        cx.call(&foreign, "a perfect token of a second zone").await?;
        // Its whole log: a server that keeps what it fetched may have asked when another check used this zone.
        match zone.requests_after(0).await?.first() {
            None => Ok(()),
            Some(request) => Err(Stop::violation(
                "no request at the second zone",
                format!("{} {} at the second zone", request.method, quoted(&request.path)),
            )),
        }
    }
}
