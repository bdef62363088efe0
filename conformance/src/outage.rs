//! An outage of the zone's key set: begun, put to the server with proof that it noticed, and ended. Each kind is costly, so
//! it is gone through once for all checks that judge what the server made of it.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};

use crate::check::{Stop, Verdict};
use crate::client::NoReply;
use crate::context::Context;
use crate::reply::Outcome;
use crate::survey::random_id;
use crate::transcript::{Exchange, millis};
use crate::zone::Document;

/// How long a server that asks for keys in the background may take to see that it gets none, and to try again.
const SEEN_WITHIN: Duration = Duration::from_millis(750);

/// How long such a server may wait for an answer that does not come.
const GIVEN_UP_WITHIN: Duration = Duration::from_secs(12);

/// Who refuses a token this soon while its zone gives no answer does not wait for the keys.
const AT_ONCE: Duration = Duration::from_millis(500);

/// How the zone fails to serve its key set; those first that servers take longest to get over, since they are begun in this
/// order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Failure {
    /// Its answer is much larger than a key set is, and has no key.
    Oversized,
    /// Its key set is empty.
    Empty,
    /// Its answer comes later than anybody waits.
    Slow,
    /// It answers 500.
    Status,
    /// It closes the connection.
    Closed,
    /// Its answer breaks off in the middle of the JSON.
    Malformed,
    /// It answers with a web page, as a portal in between does.
    Html,
}

impl Failure {
    /// All of them.
    pub const ALL: [Self; 7] =
        [Self::Oversized, Self::Empty, Self::Slow, Self::Status, Self::Closed, Self::Malformed, Self::Html];

    /// The control plane's word for it, given how long the suite waits for the server.
    fn fault(self, timeout: Duration) -> Value {
        match self {
            Self::Status => json!({"status": 500}),
            Self::Slow => json!({"delay_ms": millis(timeout + Duration::from_secs(5))}),
            Self::Closed => json!({"close": true}),
            Self::Malformed => json!({"body": "truncated"}),
            Self::Html => json!({"body": "html"}),
            Self::Oversized => json!({"body": "oversized"}),
            Self::Empty => json!({"body": "empty"}),
        }
    }

    /// The state that the zone is in, in a few words that follow "while".
    fn name(self) -> &'static str {
        match self {
            Self::Status => "the zone's key set answers 500",
            Self::Slow => "the zone's key set does not come",
            Self::Closed => "the zone closes the connection",
            Self::Malformed => "the zone's key set is cut off",
            Self::Html => "a web page comes for the zone's key set",
            Self::Oversized => "16 MiB come for the zone's key set",
            Self::Empty => "the zone's key set is empty",
        }
    }
}

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
    /// Takes the key set away, sends a forged token until the server has asked for keys, gives the key set back, and waits
    /// until the accepted token is served again.
    ///
    /// # Errors
    /// Inconclusive where the zone fails, where the server never asks for keys, or where it does not recover.
    pub async fn go_through(cx: &Context, failure: Failure) -> Result<Self, Stop> {
        cx.may_ask_for_keys()?;
        let accepted = cx.accepted_token().await?;
        let zone = cx.zone()?;
        let options = cx.options();
        let at_most = options.key_wait + options.timeout * 4;
        zone.falsify(Document::Jwks, failure.fault(options.timeout), at_most).await?;
        let tried = probe(cx, failure).await;
        zone.mend(Document::Jwks).await?;
        let recovered = recovered(cx, &accepted.compact).await;
        let (served, unanswered) = tried?;
        // What was seen stands, however the server comes out of it.
        if served.is_none() && unanswered.is_none() {
            recovered?;
        }
        Ok(Self { served, unanswered, exchanges: cx.exchanges() })
    }

    /// Passes where nothing was served that could not be verified.
    ///
    /// # Errors
    /// A violation where something was; inconclusive where the server gave no answer.
    pub fn expect_refused(&self) -> Verdict {
        if let Some(served) = &self.served {
            return Err(Stop::violation("a refusal, since the signature cannot be verified", served));
        }
        match &self.unanswered {
            None => Ok(()),
            Some(none) => Err(Stop::inconclusive(none)),
        }
    }

    /// Passes where the server answered.
    ///
    /// # Errors
    /// A violation where it did not.
    pub fn expect_answered(&self) -> Verdict {
        match &self.unanswered {
            None => Ok(()),
            Some(none) => Err(Stop::violation("an answer", none)),
        }
    }
}

/// Sends forged tokens of an unknown key until the zone's log shows that the server asked for keys, and one more when it must
/// have seen that it gets none. No more than that: a server may ask a few times only in a while, and has to get over this.
async fn probe(cx: &Context, failure: Failure) -> Result<(Option<String>, Option<String>), Stop> {
    let zone = cx.zone()?;
    let draft = cx.survey().accepted()?.but(|t| t.header("kid", format!("conformance-{}", random_id())));
    let forged = cx.note(draft.signed_with_key(cx.foreign_key().await?)?, "forged token with an unknown key id");
    let since = zone.last_request().await?;
    let mut waits = cx.waits("the server to ask its zone for keys during an outage", cx.options().key_wait);
    let mut asked = false;
    loop {
        let request = cx.bearing().bearer(&forged).purpose(format!("a forged token while {}", failure.name()));
        let refused_after = match cx.send(&request).await {
            Ok(reply) if reply.outcome() == Outcome::Served || reply.refuses_with_result() => {
                return Ok((Some(reply.describe()), None));
            }
            Ok(reply) => reply.duration,
            // Less than the user allows is no verdict: the suite may have lost its patience before.
            Err(error @ NoReply::Timeout(waited)) if waited >= cx.options().timeout => {
                return Ok((None, Some(error.to_string())));
            }
            Err(error) => return Err(error.into()),
        };
        if asked {
            return Ok((None, None));
        }
        asked = zone.was_asked_for(Document::Jwks, since).await?;
        if asked {
            let within = match failure {
                // Who waited for the keys has given up by now, and another token would wait as long.
                Failure::Slow if refused_after >= AT_ONCE => return Ok((None, None)),
                Failure::Slow => GIVEN_UP_WITHIN,
                _ => SEEN_WITHIN,
            };
            let within = within.min(cx.options().key_wait / 8);
            let _shown = cx.begin_wait("the server to give up on its zone's keys", within);
            tokio::time::sleep(within).await;
        } else if !waits.again().await {
            return Err(cx.did_not_ask_for_keys());
        }
    }
}

async fn recovered(cx: &Context, accepted: &str) -> Result<(), Stop> {
    let mut waits = cx.waits("the server to get over an outage of its zone's keys", cx.options().key_wait);
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
