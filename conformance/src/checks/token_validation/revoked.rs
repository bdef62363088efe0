//! What was taken back.

use serde_json::Value;

use crate::check::{Area, Check, Level, Meta, Need, Stop, Verdict};
use crate::context::Context;
use crate::page;
use crate::reply::Outcome;
use crate::survey::random_id;
use crate::zone::Document;

page! {
    /// A server that asks its zone about tokens refuses a revoked one
    ///
    /// # What it checks
    /// The zone signs the accepted token again, which must be served, and revokes it. Sent again it should be refused,
    /// where the zone's log shows that the server asks for introspection. Where it does not ask, and serves the token,
    /// the check does not apply: such a server cannot know before the token expires, and for how long that is is noted.
    ///
    /// # Why it matters
    /// A token is revoked because it was stolen, or because its user has left.
    ///
    /// # How to fix it
    /// Ask the zone on each request, or keep its answer for a few seconds at most.
    ///
    /// # Reference
    /// OAuth 2.1 draft 13 section 5.3.2; RFC 7662 section 4.
    pub struct RevokedToken;
}

const META: Meta = Meta {
    id: "revoked-token",
    requirements: &["oauth21-5.3.2-revoked-token"],
    level: Level::Should,
    area: Area::TokenValidation,
    needs: &[Need::ZoneControl],
    follows_from: &["garbage-token"],
    ..Meta::CALM
};

impl Check for RevokedToken {
    fn meta(&self) -> &'static Meta {
        &META
    }

    async fn run(&self, cx: &Context) -> Verdict {
        let token = cx.accepted_token().await?;
        let zone = cx.zone()?;
        let since = zone.last_request().await?;
        let own = cx.sign(&token.but(|t| t.claim("jti", random_id())), "token that is revoked").await?;
        let control = cx.call(&own, "a token that will be revoked (control)").await?;
        if control.outcome() != Outcome::Served {
            return Err(Stop::inconclusive(format!("the token to be revoked got {}", control.describe())));
        }
        zone.revoke(&own).await?;
        let reply = cx.call(&own, "the same token, revoked").await?;
        if reply.outcome() != Outcome::Served || zone.was_asked_for(Document::Introspection, since).await? {
            return reply.expect_refused();
        }
        let left = token.claims.get("exp").and_then(Value::as_i64).map(|exp| exp - cx.now());
        if let Some(left) = left {
            cx.remark(format!("a revoked token stays usable until its exp, here for {left} s"));
        }
        Err(Stop::not_applicable(
            "the server does not ask its zone about tokens: a revoked one is good until it expires",
        ))
    }
}
