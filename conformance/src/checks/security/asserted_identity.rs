//! Who one is, one does not say oneself.

use serde_json::Value;

use super::shows_caller;
use crate::check::{Area, Check, Level, Meta, Need, Stop, Verdict};
use crate::context::Context;
use crate::page;
use crate::survey::random_id;

page! {
    /// A user that a header names is not taken for the caller
    ///
    /// # What it checks
    /// The tool that bears the token checks is called with the accepted token, and with headers by which proxies name a
    /// user (`X-User`, `X-Forwarded-User`, `X-Remote-User`, `Remote-User`, `X-Auth-Request-User`) naming somebody else.
    /// Where that tool shows who calls, it must show the user of the token and not
    /// that name.
    ///
    /// # Why it matters
    /// Anybody can send a header. Whoever believes it lets every caller be every user.
    ///
    /// # How to fix it
    /// Take the caller from the verified token alone, and drop such headers at the edge.
    ///
    /// # Reference
    /// MCP 2025-11-25, Elicitation, "Security Considerations".
    pub struct AssertedIdentity;
}

const META: Meta = Meta {
    id: "asserted-identity",
    requirements: &["mcp-elicitation-no-client-asserted-identity"],
    level: Level::Must,
    area: Area::Security,
    needs: &[Need::ValidToken, Need::DeclaredTool],
    ..Meta::CALM
};

impl Check for AssertedIdentity {
    fn meta(&self) -> &'static Meta {
        &META
    }

    async fn run(&self, cx: &Context) -> Verdict {
        let (token, _) = shows_caller(cx).await?;
        let subject = token.claims.get("sub").and_then(Value::as_str).unwrap_or_default();
        let somebody = format!("conformance-{}", random_id());
        for header in HEADERS {
            let request = cx.bearing().bearer(&token.compact).header(header, &somebody);
            let reply =
                cx.send(&request.purpose(format!("the accepted token, and {header} naming somebody else"))).await?;
            let shown = String::from_utf8_lossy(&reply.body);
            match (shown.contains(&somebody), shown.contains(subject)) {
                (false, _) => {}
                (true, false) => {
                    let actual = format!("whom {header} names");
                    return Err(Stop::violation("the user of the token as the caller", actual));
                }
                // It may show the caller and, elsewhere, what was sent.
                (true, true) => return Err(Stop::inconclusive(format!("the answer shows both, with {header}"))),
            }
        }
        Ok(())
    }
}

/// Headers by which proxies tell a server who has signed in.
const HEADERS: [&str; 5] = ["x-user", "x-forwarded-user", "x-remote-user", "remote-user", "x-auth-request-user"];
