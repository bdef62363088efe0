//! An outage of the zone's key set, begun and ended, with proof that the server noticed.

use crate::check::Stop;
use crate::client::NoReply;
use crate::context::Context;
use crate::reply::{Outcome, Reply};
use crate::waits::Waits;
use crate::zone::{Fault, JWKS_PATH};

pub(super) struct Outage {
    /// Signed by a stranger, naming a key that the server cannot know.
    forged: String,
    /// The same token, signed by the zone.
    unknown: String,
    accepted: String,
    since: u64,
    /// Whether a probe got no answer in time.
    pub(super) timed_out: bool,
}

impl Outage {
    pub(super) async fn begin(cx: &Context) -> Result<Self, Stop> {
        let token = cx.accepted_token().await?;
        let zone = cx.zone()?;
        // The fault comes first: a server that fetches by the clock could else learn the new key in between.
        zone.inject("jwks", Fault::Status(500)).await?;
        let kid = zone.publish_key().await?;
        let draft = token.but(|t| t.header("kid", kid));
        let forged = cx.note(draft.signed_with_key(cx.foreign_key().await?)?, "forged token with an unknown key id");
        let unknown = cx.sign(&draft, "token of a key that cannot be fetched").await?;
        let since = zone.last_request().await?;
        Ok(Self { forged, unknown, accepted: token.compact, since, timed_out: false })
    }

    /// Sends both tokens until the zone's log shows that the server asked for keys; the answer that served one, if any.
    pub(super) async fn probe(&mut self, cx: &Context) -> Result<Option<Reply>, Stop> {
        let mut waits = Waits::within(cx.options().key_wait);
        loop {
            for (token, what) in [(&self.forged, "a forged token"), (&self.unknown, "a token of an unknown key")] {
                let request = cx.bearing().bearer(token).purpose(format!("{what} while the keys cannot be fetched"));
                let reply = match cx.send(&request).await {
                    Ok(reply) => reply,
                    Err(error) => {
                        self.timed_out = matches!(error, NoReply::Timeout(_));
                        return Err(error.into());
                    }
                };
                if reply.outcome() == Outcome::Served {
                    return Ok(Some(reply));
                }
            }
            let asked = cx.zone()?.requests_after(self.since).await?.iter().any(|r| r.path == JWKS_PATH);
            if asked {
                return Ok(None);
            }
            if !waits.again().await {
                let within = cx.options().key_wait.as_secs();
                let because =
                    format!("the server did not ask for keys within {within} s, so the outage was not put to it");
                return Err(Stop::inconclusive(because));
            }
        }
    }

    /// Takes the fault away, and waits until the accepted token works again.
    pub(super) async fn end(&self, cx: &Context) -> Result<(), Stop> {
        cx.zone()?.clear_faults().await?;
        let mut waits = Waits::within(cx.options().key_wait);
        loop {
            let reply = cx.call(&self.accepted, "the accepted token after the outage (control)").await?;
            if reply.outcome() == Outcome::Served {
                return Ok(());
            }
            if !waits.again().await {
                return Err(Stop::inconclusive(format!(
                    "after the outage the accepted token still got {}",
                    reply.describe()
                )));
            }
        }
    }
}
