//! The first answer that every client gets.

use super::control;
use crate::mcp::Operation;
use crate::reply::Outcome;
use crate::survey::random_id;
use serde_json::Map;

use crate::check::{Area, Check, Level, Meta, Stop, Verdict};
use crate::context::Context;
use crate::page;

page! {
    /// A request without a token is answered 401
    ///
    /// # What it checks
    /// The request that is served with the accepted token is sent without `Authorization`. It is a call of the tool
    /// that the user named or of a read-only one, else `tools/list`. The answer must be 401. Where no tool may be
    /// called, the call of a tool that does not exist must be answered 401 as well; else calls may get past
    /// authentication, and it is inconclusive until a tool is named. So is, without a token to compare with, an
    /// answer that is neither 401 nor service.
    ///
    /// # Why it matters
    /// 401 is what makes a client look for the authorization server. On any other status it shows an error
    /// and stops; and what is served needs no token at all.
    ///
    /// # How to fix it
    /// Put the authentication layer in front of the MCP endpoint as a whole, and let it answer 401 with a
    /// challenge.
    ///
    /// # Reference
    /// MCP 2026-07-28, Authorization, "Error Handling"; RFC 6750 section 3.1.
    pub struct NoToken;
}

const META: Meta = Meta {
    id: "no-token",
    requirements: &["mcp-auth-401-when-unauthenticated"],
    level: Level::Must,
    area: Area::Challenge,
    ..Meta::CALM
};

impl Check for NoToken {
    fn meta(&self) -> &'static Meta {
        &META
    }

    async fn run(&self, cx: &Context) -> Verdict {
        let has_token = !cx.survey().is_open(cx.revision()) && control(cx).await?.is_some();
        let is_tool = matches!(cx.bearing_operation(), Operation::CallTool { .. });
        if is_tool || !cx.survey().is_open(cx.revision()) {
            let request = cx.bearing().purpose(format!("{} without credentials", cx.bearing_name()));
            let reply = cx.send(&request).await?;
            match reply.outcome() {
                Outcome::Unauthorized if !reply.refuses_with_result() => {}
                Outcome::Served | Outcome::Unauthorized => {
                    return Err(Stop::violation("401 without a token, and no result", reply.describe()));
                }
                _ if has_token && !reply.is_in_front() => {
                    return Err(Stop::violation("401 without a token", reply.describe()));
                }
                _ => return Err(Stop::inconclusive(format!("without a token the answer was {}", reply.describe()))),
            }
        }
        if is_tool { Ok(()) } else { calls_are_guarded(cx).await }
    }
}

/// Passes where a call is refused before the server looks which tool it is for. No tool is called: there is none of this
/// name.
async fn calls_are_guarded(cx: &Context) -> Verdict {
    let call = Operation::CallTool { name: format!("conformance-{}", random_id()), arguments: Map::new() };
    let request = cx.operation(&call).purpose("a call of a tool that does not exist, without credentials");
    let reply = cx.send(&request).await?;
    if reply.outcome() == Outcome::Unauthorized {
        return Ok(());
    }
    Err(Stop::inconclusive(format!(
        "without a token, the call of a tool that does not exist got {}, not 401: calls may need none; \
         name a tool that must need one with --tool NAME=JSON",
        reply.describe()
    )))
}
