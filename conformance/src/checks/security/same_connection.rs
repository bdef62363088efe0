//! A connection is shared by whoever is behind the same proxy.

use super::{GARBAGE, shut};
use crate::check::{Area, Check, Level, Meta, Need, Stop, Verdict};
use crate::checks::challenge::expired;
use crate::client::{Client, Connections, Request};
use crate::context::Context;
use crate::mcp::Operation;
use crate::page;
use crate::reply::{Outcome, Reply};

/// How often a pair of requests is sent until both went over one connection.
const TRIES: usize = 4;

page! {
    /// A connection on which a good token was served serves no bad one
    ///
    /// # What it checks
    /// Over one connection, kept open, the accepted token is served. Then, each right after it and on the same
    /// connection, comes the same request without a token, with a word that is no token, with the token's signature
    /// changed and, where the suite controls the zone, with an expired token; and, without a token, tools/list and the
    /// request that clients begin with, where these need one. None may be served; what is served over a connection of its
    /// own is judged by other checks. A server that closes the connection in between, each time of four, cannot remember it,
    /// and the check does not apply.
    ///
    /// # Why it matters
    /// Proxies send the requests of many users over the connections that they keep. A server that authenticates a
    /// connection once serves all of them as the first.
    ///
    /// # How to fix it
    /// Verify the token of every request; keep nothing about it with the connection.
    ///
    /// # Reference
    /// MCP Security Best Practices, "Session Hijacking"; MCP 2026-07-28, Base Protocol, "Statelessness".
    pub struct SameConnection;
}

const META: Meta = Meta {
    id: "same-connection",
    requirements: &["sbp-verify-all-requests"],
    level: Level::Must,
    area: Area::Security,
    needs: &[Need::ValidToken],
    follows_from: &["no-token", "after-authentication"],
    ..Meta::CALM
};

impl Check for SameConnection {
    fn meta(&self) -> &'static Meta {
        &META
    }

    async fn run(&self, cx: &Context) -> Verdict {
        let token = cx.accepted_token().await?;
        let mut second = vec![("no token", cx.bearing()), ("a word that is no token", cx.bearing().bearer(GARBAGE))];
        if let Some(flipped) = token.with_flipped_signature() {
            let flipped = cx.note(flipped, "token with its signature changed");
            second.push(("a token with its signature changed", cx.bearing().bearer(&flipped)));
        }
        if cx.zone().is_ok() {
            second.push(("an expired token", cx.bearing().bearer(&expired(cx).await?)));
        }
        let first = if cx.revision().initializes() { Operation::Initialize } else { Operation::Discover };
        second.extend([("no token", cx.operation(&Operation::ListTools)), ("no token", cx.operation(&first))]);
        let alone = cx.apart(Connections::OneEach)?;
        let client = cx.apart(Connections::One)?;
        let mut judged = 0;
        for (with, request) in second {
            let what = format!("{} with {with}", request.purpose);
            // What is served over a connection of its own is another check's matter.
            let control = cx.send_over(&alone, &request.clone().purpose(format!("{what}, alone (control)"))).await?;
            if control.expect_refused().is_err() {
                continue;
            }
            let what = format!("{what}, over the same connection");
            let good = cx.bearing().bearer(&token.compact).header("connection", "keep-alive");
            let good = good.purpose("the accepted token, over a connection that is kept");
            let bad = request.header("connection", "keep-alive").purpose(&what);
            let Some(bad) = right_after(cx, &client, &good, &bad).await? else {
                return Err(Stop::not_applicable("the server closes a connection after its answer"));
            };
            shut(&bad, &what)?;
            judged += 1;
        }
        if judged == 0 {
            return Err(Stop::inconclusive("no request without a good token was refused over a connection of its own"));
        }
        Ok(())
    }
}

/// Sends a good request and the other after it over the same connection, and gives the other's answer; nothing where the
/// server lets no connection be.
///
/// A connection that is free again a moment late is not used again, though the server keeps it.
async fn right_after(cx: &Context, client: &Client, good: &Request, other: &Request) -> Result<Option<Reply>, Stop> {
    for _ in 0..TRIES {
        let served = cx.send_over(client, good).await?;
        if served.outcome() != Outcome::Served {
            return Err(Stop::inconclusive(format!("the accepted token got {}", served.describe())));
        }
        if served.left_open {
            return Err(Stop::inconclusive(
                "the stream that brought the answer did not end, so its connection was not used again",
            ));
        }
        let reply = cx.send_over(client, other).await?;
        if reply.connection == served.connection {
            return Ok(Some(reply));
        }
    }
    Ok(None)
}
