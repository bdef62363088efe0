//! A promise kept.

use crate::check::{Area, Check, Level, Meta, Need, Revisions, Stop, Verdict};
use crate::context::Context;
use crate::dpop::{BoundClient, expect_refused, is_demanded};
use crate::page;
use crate::reply::Outcome;
use http::StatusCode;

page! {
    /// A server that demands DPoP-bound tokens takes no other
    ///
    /// # What it checks
    /// Where the metadata has `dpop_bound_access_tokens_required: true`, a plain bearer token must be refused, while the
    /// same token, bound to a key, is served with a proof.
    ///
    /// # Why it matters
    /// The server says that a stolen token is of no use to the thief. Clients and auditors rely on it.
    ///
    /// # How to fix it
    /// Refuse a token without `cnf.jkt`, and one that does not come with a proof of that key; or take the promise out of
    /// the metadata.
    ///
    /// # Reference
    /// RFC 9728 section 2; RFC 9449 section 7.
    pub struct DpopRequired;
}

const META: Meta = Meta {
    id: "dpop-required",
    requirements: &["dpop-metadata-flag"],
    level: Level::Must,
    area: Area::Discovery,
    needs: &[Need::ZoneControl],
    revisions: Revisions::Stateless,
    ..Meta::CALM
};

impl Check for DpopRequired {
    fn meta(&self) -> &'static Meta {
        &META
    }

    async fn run(&self, cx: &Context) -> Verdict {
        if !is_demanded(cx) {
            return Err(Stop::not_applicable("the metadata do not demand DPoP-bound tokens"));
        }
        if cx.survey().is_open(cx.revision()) {
            return Err(Stop::NotTested { need: Need::DeclaredTool });
        }
        // Where the survey found a token that is accepted, it was a plain one.
        if let Ok(token) = cx.survey().accepted() {
            let reply = cx.call(&token.compact, "a plain bearer token").await?;
            if reply.outcome() == Outcome::Served {
                return Err(Stop::violation("401 to a token that is bound to no key", reply.describe()));
            }
        }
        let client = BoundClient::served(cx).await?;
        let plain = cx.sign(&client.but(|t| t.without_claim("cnf")), "plain bearer token").await?;
        let reply = cx.call(&plain, "a plain bearer token").await?;
        expect_refused(&reply, "a token that is bound to no key")?;
        match reply.status {
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN | StatusCode::BAD_REQUEST => Ok(()),
            _ => Err(Stop::inconclusive(format!("a plain bearer token got {}", reply.describe()))),
        }
    }
}
