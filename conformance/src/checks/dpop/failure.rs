//! A no that helps.

use crate::check::{Area, Check, Level, Meta, Need, Revisions, Stop, Verdict};
use crate::context::Context;
use crate::dpop::BoundClient;
use crate::page;
use crate::reply::Outcome;
use http::StatusCode;

page! {
    /// A failed DPoP proof is answered 401 with a DPoP challenge
    ///
    /// # What it checks
    /// Where the metadata or a challenge says that the server takes DPoP, the zone binds the accepted token to a key of
    /// the suite, and the server must serve it with a proof, or the check is inconclusive. A proof for another method
    /// must be answered 401 with a challenge of the scheme `DPoP`. One that is served is the finding of dpop-proof.
    ///
    /// # Why it matters
    /// A client that gets another answer takes its token for the problem, and not its proof or its clock.
    ///
    /// # How to fix it
    /// Answer 401 with `WWW-Authenticate: DPoP error="invalid_dpop_proof"`.
    ///
    /// # Reference
    /// SEP-1932, requirement list; RFC 9449 section 7.1.
    pub struct DpopFailure;
}

const META: Meta = Meta {
    id: "dpop-failure",
    requirements: &["dpop-failure-401"],
    level: Level::Must,
    area: Area::Challenge,
    needs: &[Need::ZoneControl],
    revisions: Revisions::Stateless,
    ..Meta::CALM
};

impl Check for DpopFailure {
    fn meta(&self) -> &'static Meta {
        &META
    }

    async fn run(&self, cx: &Context) -> Verdict {
        let client = BoundClient::served(cx).await?;
        let reply = client.call("a proof for another method", |proof| proof.claim("htm", "GET")).await?;
        if reply.outcome() == Outcome::Served {
            return Err(Stop::not_applicable("a wrong proof is served, which dpop-proof judges"));
        }
        if reply.is_in_front() || reply.outcome() == Outcome::ServerError {
            return Err(Stop::inconclusive(format!("a wrong proof got {}", reply.describe())));
        }
        reply.expect_status(StatusCode::UNAUTHORIZED)?;
        if reply.challenges()?.iter().any(|challenge| challenge.is("DPoP")) {
            return Ok(());
        }
        Err(Stop::violation("a challenge of the scheme DPoP", "401 without one"))
    }
}
