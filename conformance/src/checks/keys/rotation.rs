//! Keys change; servers must notice.

use std::time::Instant;

use async_trait::async_trait;

use crate::check::{Area, Check, Disturbs, Level, Meta, Need, Revisions, Stop, Verdict};
use crate::context::Context;
use crate::page;
use crate::reply::Outcome;
use crate::waits::Waits;

page! {
    /// A key that was rotated in is accepted
    ///
    /// # What it checks
    /// The zone publishes one more key, keeps the old one, and signs a token with the new one. The server should
    /// serve it within the time that --key-wait gives (five minutes unless said otherwise); how long it took is
    /// reported.
    ///
    /// # Why it matters
    /// A server that never looks again refuses every user on the day the zone rotates its keys, and people then turn
    /// verification off.
    ///
    /// # How to fix it
    /// Fetch the key set again when a token names a `kid` that you do not have, at a bounded rate.
    ///
    /// # Reference
    /// OpenID Connect Core section 10.1.1.
    pub struct KeyRotation;
}

const META: Meta = Meta {
    id: "key-rotation",
    requirements: &["oidc-core-10.1.1-key-rollover"],
    level: Level::Should,
    area: Area::Keys,
    needs: &[Need::ZoneControl, Need::AdminRotateKeys],
    revisions: Revisions::Once,
    disturbs: Disturbs::Keys,
    ..Meta::CALM
};

#[async_trait]
impl Check for KeyRotation {
    fn meta(&self) -> &'static Meta {
        &META
    }

    async fn run(&self, cx: &Context) -> Verdict {
        let token = cx.accepted_token().await?;
        let kid = cx.zone()?.publish_key().await?;
        let rotated = cx.sign(&token.but(|t| t.header("kid", kid)), "token of the new key").await?;
        let started = Instant::now();
        let mut waits = Waits::within(cx.options().key_wait);
        loop {
            let reply = cx.call(&rotated, "a token signed with the new key").await?;
            match reply.outcome() {
                Outcome::Served => {
                    cx.remark(format!("the new key was accepted after {:.1} s", started.elapsed().as_secs_f64()));
                    return Ok(());
                }
                Outcome::Unauthorized | Outcome::Forbidden | Outcome::ServerError if waits.again().await => {}
                Outcome::NoVerdict if reply.is_in_front() && waits.again().await => {}
                Outcome::Unauthorized | Outcome::Forbidden | Outcome::ServerError => {
                    let within = cx.options().key_wait.as_secs();
                    return Err(Stop::violation(
                        format!("served within {within} s"),
                        format!("still {}", reply.describe()),
                    ));
                }
                _ => return Err(Stop::inconclusive(format!("the answer was {}", reply.describe()))),
            }
        }
    }
}
