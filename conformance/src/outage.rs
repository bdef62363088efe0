//! An outage of the zone's key set: begun, put to the server with proof that it noticed, and ended. It is costly, so it
//! is gone through once for all checks that judge what the server made of it.

use std::sync::Arc;

use crate::check::Stop;
use crate::client::NoReply;
use crate::context::Context;
use crate::reply::Outcome;
use crate::transcript::Exchange;
use crate::waits::Waits;
use crate::zone::JWKS_PATH;

/// What a server did while the keys of its zone could not be fetched.
#[derive(Debug)]
pub struct Outage {
    /// The answer to a token that it could not verify, where it served the request all the same.
    pub served: Option<String>,
    /// What came in place of an answer, where none came in time.
    pub unanswered: Option<String>,
    /// The evidence.
    pub exchanges: Vec<Arc<Exchange>>,
}

impl Outage {
    /// Takes the key set away, sends tokens of a key that the server cannot know until it has asked for keys, gives the
    /// key set back, and waits until the accepted token is served again.
    ///
    /// # Errors
    /// Inconclusive where the zone fails, where the server never asks for keys, or where it does not recover.
    pub async fn go_through(cx: &Context) -> Result<Self, Stop> {
        let accepted = cx.accepted_token().await?;
        let zone = cx.zone()?;
        // The fault comes first: a server that fetches by the clock could else learn the new key in between.
        zone.break_jwks(cx.options().key_wait + cx.options().timeout * 4).await?;
        let tried = probe(cx).await;
        zone.mend_jwks().await?;
        let recovered = recovered(cx, &accepted.compact).await;
        let (served, unanswered) = tried?;
        // What was seen stands, however the server comes out of it.
        if served.is_none() && unanswered.is_none() {
            recovered?;
        }
        Ok(Self { served, unanswered, exchanges: cx.exchanges() })
    }
}

/// Sends a forged and a true token of an unknown key until the zone's log shows that the server asked for keys.
async fn probe(cx: &Context) -> Result<(Option<String>, Option<String>), Stop> {
    let zone = cx.zone()?;
    let kid = zone.publish_key().await?;
    let draft = cx.survey().accepted()?.but(|t| t.header("kid", kid));
    let forged = cx.note(draft.signed_with_key(cx.foreign_key().await?)?, "forged token with an unknown key id");
    let unknown = cx.sign(&draft, "token of a key that cannot be fetched").await?;
    let since = zone.last_request().await?;
    let mut waits = Waits::within(cx.options().key_wait);
    loop {
        for (token, what) in [(&forged, "a forged token"), (&unknown, "a token of an unknown key")] {
            let request = cx.bearing().bearer(token).purpose(format!("{what} while the keys cannot be fetched"));
            match cx.send(&request).await {
                Ok(reply) if reply.outcome() == Outcome::Served => return Ok((Some(reply.describe()), None)),
                Ok(_) => {}
                // Less than the user allows is no verdict: the suite may have lost its patience before.
                Err(error @ NoReply::Timeout(waited)) if waited >= cx.options().timeout => {
                    return Ok((None, Some(error.to_string())));
                }
                Err(error) => return Err(error.into()),
            }
        }
        if zone.requests_after(since).await?.iter().any(|r| r.path == JWKS_PATH) {
            return Ok((None, None));
        }
        if !waits.again().await {
            let within = cx.options().key_wait.as_secs();
            return Err(Stop::inconclusive(format!(
                "the server did not ask for keys within {within} s, so the outage was not put to it"
            )));
        }
    }
}

async fn recovered(cx: &Context, accepted: &str) -> Result<(), Stop> {
    let mut waits = Waits::within(cx.options().key_wait);
    loop {
        let request = cx.bearing().bearer(accepted).purpose("the accepted token after the outage (control)");
        let came = match cx.send(&request).await {
            Ok(reply) if reply.outcome() == Outcome::Served => return Ok(()),
            Ok(reply) => reply.describe(),
            Err(error) => error.to_string(),
        };
        if !waits.again().await {
            return Err(Stop::inconclusive(format!("after the outage the accepted token still got {came}")));
        }
    }
}
