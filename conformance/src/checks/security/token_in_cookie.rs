//! What is in a cookie travels by itself.

use super::stays_shut;
use crate::check::{Area, Check, Level, Meta, Need, Stop, Verdict};
use crate::context::Context;
use crate::mcp::Operation;
use crate::page;
use crate::text::quoted;

page! {
    /// The server keeps no token in a cookie
    ///
    /// # What it checks
    /// The accepted token is used for the request that clients begin with, for tools/list and for the bearing request.
    /// No `Set-Cookie` of the answers may hold the token or its payload. Where cookies were set, the bearing request is
    /// sent with them and without a token: it must not be served.
    ///
    /// # Why it matters
    /// Browsers send a cookie along with every request to its host, whichever page makes it, and in the clear where it
    /// is not marked Secure. A token in it can be used by pages and read on the way.
    ///
    /// # How to fix it
    /// Set no cookie at an MCP endpoint. Clients send their token with every request.
    ///
    /// # Reference
    /// RFC 6750 section 5.3; OAuth 2.1 section 7.1.
    pub struct TokenInCookie;
}

const META: Meta = Meta {
    id: "token-in-cookie",
    requirements: &["rfc6750-5.3-no-cookie-token"],
    level: Level::Must,
    area: Area::Security,
    needs: &[Need::ValidToken],
    ..Meta::CALM
};

impl Check for TokenInCookie {
    fn meta(&self) -> &'static Meta {
        &META
    }

    async fn run(&self, cx: &Context) -> Verdict {
        let token = cx.needed_token().await?;
        let payload = token.segments().1.to_owned();
        let first = if cx.revision().initializes() { Operation::Initialize } else { Operation::Discover };
        let mut cookies = Vec::new();
        for operation in [&first, &Operation::ListTools, cx.bearing_operation()] {
            let reply = cx.send(&cx.operation(operation).bearer(&token.compact)).await?;
            for value in reply.headers.get_all("set-cookie").iter().filter_map(|value| value.to_str().ok()) {
                if value.contains(token.compact.as_str()) || (!payload.is_empty() && value.contains(&payload)) {
                    let name = quoted(value.split('=').next().unwrap_or_default());
                    return Err(Stop::violation("no cookie with the token", format!("the cookie {name} holds it")));
                }
                cookies.extend(value.split(';').next().map(|pair| pair.trim().to_owned()));
            }
        }
        if cookies.is_empty() {
            return Ok(());
        }
        cookies.dedup();
        cookies.truncate(20);
        let request = cx.bearing().header("cookie", &cookies.join("; "));
        let what = "a request without a token, with the cookies that the server set";
        stays_shut(cx, request, what).await
    }
}
