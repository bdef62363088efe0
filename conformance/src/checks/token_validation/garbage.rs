//! The coarsest failure: a server that looks at whether there is a token and not at the token.

use http::StatusCode;

use crate::check::{Area, Check, Level, Meta, Need, Verdict};
use crate::context::Context;
use crate::page;
use crate::reply::Outcome;

page! {
    /// A token that is no token is refused
    ///
    /// # What it checks
    /// In place of the accepted token the request carries what is no JWT: a word, two, four and five segments,
    /// three that are no base64url or no JSON, and a payload that is an array. None may be served. 400 is a refusal
    /// here, too; an error of the server is judged by `garbage-token-crash`.
    ///
    /// # Why it matters
    /// A server that serves it only looks whether there is a header. Anybody can send one.
    ///
    /// # How to fix it
    /// Let a JWT library parse and verify the token before anything else happens, and answer 401 when it fails.
    ///
    /// # Reference
    /// MCP 2026-07-28, Authorization, "Token Handling"; OAuth 2.1 section 5.2; RFC 7519 section 7.2.
    pub struct GarbageToken;
}

const META: Meta = Meta {
    id: "garbage-token",
    requirements: &["rfc7519-7.2-malformed-rejected"],
    level: Level::Must,
    area: Area::TokenValidation,
    needs: &[Need::ValidToken],
    ..Meta::CALM
};

impl Check for GarbageToken {
    fn meta(&self) -> &'static Meta {
        &META
    }

    async fn run(&self, cx: &Context) -> Verdict {
        cx.accepted_credential().await?;
        let mut crashed = Ok(());
        for (what, token) in GARBAGE {
            let reply = cx.call(token, what).await?;
            match reply.outcome() {
                // 400 says that it is no token, which is true.
                Outcome::NoVerdict if reply.status == StatusCode::BAD_REQUEST && !reply.refuses_with_result() => {}
                Outcome::ServerError => crashed = reply.expect_refused(),
                _ => reply.expect_refused()?,
            }
        }
        crashed
    }
}

/// What a server may be sent in place of a token; short, and of characters that a token may have.
pub(super) const GARBAGE: [(&str, &str); 7] = [
    ("a word that is no token", "not-a-token"),
    ("two segments", "e30.e30"),
    ("four segments", "e30.e30.e30.e30"),
    ("five segments", "e30.e30.e30.e30.e30"),
    ("three segments that are no base64url", "///.~~~.+++"),
    ("three segments that are no JSON", "gICA.gICA.gICA"),
    ("a payload that is an array", "eyJhbGciOiJSUzI1NiJ9.W10.e30"),
];
