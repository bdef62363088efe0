//! Who acts is said with its type.

use super::exchanges;
use crate::check::{Area, Check, Level, Meta, Need, Stop, Verdict};
use crate::context::Context;
use crate::page;

page! {
    /// In a token exchange actor_token and actor_token_type go together
    ///
    /// # What it checks
    /// Each tool that calls the suite's upstream is called once. What the server then sends to the zone's token endpoint must
    /// have both `actor_token` and `actor_token_type`, or neither.
    ///
    /// # Why it matters
    /// A type without a token, or a token without its type, must be refused, so the tool works nowhere else.
    ///
    /// # How to fix it
    /// Send the two together, or leave both out: whose credentials the request has is the actor then.
    ///
    /// # Reference
    /// RFC 8693 section 2.1.
    pub struct ExchangeActor;
}

const META: Meta = Meta {
    id: "exchange-actor",
    requirements: &["rfc8693-server-actor-token-type"],
    level: Level::Must,
    area: Area::Delegation,
    needs: &[Need::Upstream, Need::ZoneControl],
    ..Meta::CALM
};

impl Check for ExchangeActor {
    fn meta(&self) -> &'static Meta {
        &META
    }

    async fn run(&self, cx: &Context) -> Verdict {
        for received in exchanges(cx).await? {
            let asked = received.token.unwrap_or_default();
            let (token, kind) = (asked.has("actor_token"), asked.has("actor_token_type"));
            if token != kind {
                let actual = if token { "actor_token alone" } else { "actor_token_type alone" };
                return Err(Stop::violation("both actor_token and actor_token_type, or neither", actual));
            }
        }
        Ok(())
    }
}
