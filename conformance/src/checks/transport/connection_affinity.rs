//! Behind a load balancer no two requests arrive at the same place.

use super::{looked_at, with_code};
use crate::check::{Area, Check, Level, Meta, Need, Revisions, Stop, Verdict};
use crate::client::Connections;
use crate::context::Context;
use crate::mcp::Operation;
use crate::page;
use crate::reply::Outcome;

page! {
    /// Requests need not share a connection
    ///
    /// # What it checks
    /// server/discover, tools/list and the bearing request are sent with the accepted token, each over a connection of
    /// its own that is closed after it. Each should be served.
    ///
    /// # Why it matters
    /// Where a request is served only on the connection of an earlier one, the server works on a desk and fails behind
    /// a proxy that spreads requests.
    ///
    /// # How to fix it
    /// Keep nothing about a client that is tied to its connection.
    ///
    /// # Reference
    /// MCP 2026-07-28, Base Protocol, "Statelessness".
    pub struct ConnectionAffinity;
}

const META: Meta = Meta {
    id: "connection-affinity",
    requirements: &["mcp-base-stateless-no-connection-affinity"],
    level: Level::Should,
    area: Area::Transport,
    needs: &[Need::ValidToken],
    revisions: Revisions::Stateless,
    ..Meta::CALM
};

impl Check for ConnectionAffinity {
    fn meta(&self) -> &'static Meta {
        &META
    }

    async fn run(&self, cx: &Context) -> Verdict {
        let token = cx.served_token().await?;
        let client = cx.apart(Connections::OneEach)?;
        let mut served = 0;
        for operation in [&Operation::Discover, &Operation::ListTools, cx.bearing_operation()] {
            let what = operation.describe();
            let shared =
                cx.send(&cx.operation(operation).bearer(&token.compact).purpose(format!("{what} (control)"))).await?;
            if shared.outcome() != Outcome::Served {
                continue;
            }
            let request = cx.operation(operation).bearer(&token.compact).header("connection", "close");
            let reply = cx.send_over(&client, &request.purpose(format!("{what} over a connection of its own"))).await?;
            looked_at(&reply, &what)?;
            if reply.outcome() != Outcome::Served {
                return Err(Stop::violation(format!("{what} served over a connection of its own"), with_code(&reply)));
            }
            served += 1;
        }
        if served < 2 {
            return Err(Stop::inconclusive("fewer than two requests were served at all"));
        }
        Ok(())
    }
}
