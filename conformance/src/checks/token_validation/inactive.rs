//! No answer is no yes.

use serde_json::{Value, json};

use crate::check::{Area, Check, Disturbs, Level, Meta, Need, Stop, Verdict};
use crate::context::Context;
use crate::page;
use crate::reply::Outcome;
use crate::survey::random_id;
use crate::token::Token;
use crate::zone::{Document, Zone};

page! {
    /// A server that asks its zone about tokens serves none that the zone does not call active
    ///
    /// # What it checks
    /// The zone signs the accepted token again, several times, each a token that the server has not seen. One is revoked
    /// before it is sent, so that introspection says `active: false`; one is sent while introspection answers 500, one
    /// while it hangs up. None may be served, while one more is served before and one after. The check does not apply
    /// where the zone's log shows that the server asks for no introspection.
    ///
    /// # Why it matters
    /// For an opaque token the zone's word is all that there is. A server that takes silence for a yes is open whenever
    /// its zone is in trouble.
    ///
    /// # How to fix it
    /// Go on only where the answer is 200 with `"active": true`; answer 401 on false, and 503 where there is none.
    ///
    /// # Reference
    /// RFC 7662 section 2.2; OAuth 2.1 draft 13 section 5.2.
    pub struct InactiveToken;
}

const META: Meta = Meta {
    id: "inactive-token",
    requirements: &["rfc7662-2.2-inactive-rejected"],
    level: Level::Must,
    area: Area::TokenValidation,
    needs: &[Need::ZoneControl, Need::FaultInjection],
    // What the zone says is false for a while, as when its metadata are.
    disturbs: Disturbs::Metadata,
    follows_from: &["revoked-token"],
    ..Meta::CALM
};

impl Check for InactiveToken {
    fn meta(&self) -> &'static Meta {
        &META
    }

    async fn run(&self, cx: &Context) -> Verdict {
        let token = cx.accepted_token().await?;
        let zone = cx.zone()?;
        let since = zone.last_request().await?;
        served(cx, &token, "a new token (control)").await?;
        if !zone.was_asked_for(Document::Introspection, since).await? {
            return Err(Stop::not_applicable("the server does not ask its zone about tokens"));
        }
        let revoked = fresh(cx, &token).await?;
        zone.revoke(&revoked).await?;
        cx.call(&revoked, "a token that introspection calls inactive").await?.expect_refused()?;

        let failing = while_failing(cx, zone, &token, &json!({"status": 500}), "answers 500").await;
        let silent = while_failing(cx, zone, &token, &json!({"close": true}), "hangs up").await;
        failing?;
        silent?;
        served(cx, &token, "a new token, with introspection back (control)").await
    }
}

/// A token that differs from the accepted one in its id, and was never sent.
async fn fresh(cx: &Context, token: &Token) -> Result<String, Stop> {
    cx.sign(&token.but(|t| t.claim("jti", random_id())), "another token of the same user").await
}

async fn served(cx: &Context, token: &Token, what: &str) -> Verdict {
    let reply = cx.call(&fresh(cx, token).await?, what).await?;
    if reply.outcome() == Outcome::Served {
        return Ok(());
    }
    Err(Stop::inconclusive(format!("{what} got {}", reply.describe())))
}

/// Passes where a new token is not served while the zone fails to speak of it. A failure of the server's own is no service.
async fn while_failing(cx: &Context, zone: &Zone, token: &Token, fault: &Value, how: &str) -> Verdict {
    let fresh = fresh(cx, token).await?;
    zone.falsify(Document::Introspection, fault.clone(), cx.options().timeout * 4).await?;
    let reply = cx.call(&fresh, &format!("a token while introspection {how}")).await;
    zone.mend(Document::Introspection).await?;
    let reply = reply?;
    if reply.outcome() == Outcome::Served || reply.refuses_with_result() {
        let expected = format!("no service while introspection {how}");
        return Err(Stop::violation(expected, reply.describe()));
    }
    Ok(())
}
