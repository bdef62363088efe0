//! URLs end up in logs.

use http::StatusCode;

use crate::check::{Area, Check, Level, Meta, Need, Verdict};
use crate::context::Context;
use crate::page;

page! {
    /// A token in the query string is ignored
    ///
    /// # What it checks
    /// The accepted token is sent as `access_token` in the query, first without an Authorization header, then
    /// beside one that holds garbage. Neither may be served; 400 is a refusal here, too. A server that serves the
    /// request without any token is judged by `no-token`.
    ///
    /// # Why it matters
    /// URLs are written to logs, histories and Referer headers; a token that works there is a token that leaks there.
    ///
    /// # How to fix it
    /// Read tokens from the Authorization header only.
    ///
    /// # Reference
    /// OAuth 2.1 section 5.1; MCP 2026-07-28, Authorization, "Token Requirements".
    pub struct QueryToken;
}

const META: Meta = Meta {
    id: "token-in-query",
    requirements: &["oauth21-5.1-query-token-ignored"],
    level: Level::Must,
    area: Area::TokenValidation,
    needs: &[Need::ValidToken],
    follows_from: &["garbage-token", "garbage-token-crash"],
    ..Meta::CALM
};

impl Check for QueryToken {
    fn meta(&self) -> &'static Meta {
        &META
    }

    async fn run(&self, cx: &Context) -> Verdict {
        let token = cx.needed_token().await?;
        let mut request = cx.bearing().purpose("the accepted token in the query");
        request.url.query_pairs_mut().append_pair("access_token", &token.compact);
        let both =
            request.clone().bearer("not-a-token").purpose("the accepted token in the query, garbage in the header");
        for request in [request, both] {
            let reply = cx.send(&request).await?;
            // RFC 6750 section 3.1 has 400 for a token in more than one way, and for one in a way that is not supported.
            if reply.status != StatusCode::BAD_REQUEST || reply.refuses_with_result() {
                reply.expect_refused()?;
            }
        }
        Ok(())
    }
}
