//! A token belongs into one place.

use serde_json::Value;

use super::stays_shut;
use crate::check::{Area, Check, Level, Meta, Need, Verdict};
use crate::context::Context;
use crate::page;

page! {
    /// A token outside the Authorization header is not taken
    ///
    /// # What it checks
    /// The accepted token is sent without an Authorization header: in `X-Access-Token`, `X-Auth-Token`, `X-API-Key` and
    /// `Access-Token`, in cookies, in a form body, and beside and inside the JSON-RPC message. None should be served. A
    /// token in the query string is judged by `token-in-query`.
    ///
    /// # Why it matters
    /// Log filters, proxies and browsers know the Authorization header and treat it with care. Elsewhere a token is
    /// logged, cached, and, in a cookie, sent along by every page that the user visits.
    ///
    /// # How to fix it
    /// Read tokens from the Authorization header only.
    ///
    /// # Reference
    /// MCP 2026-07-28, Authorization, "Token Requirements"; OAuth 2.1 section 5.1.
    pub struct TokenElsewhere;
}

const META: Meta = Meta {
    id: "token-elsewhere",
    requirements: &["mcp-auth-401-when-unauthenticated"],
    level: Level::Should,
    area: Area::Security,
    needs: &[Need::ValidToken],
    follows_from: &["no-token"],
    ..Meta::CALM
};

impl Check for TokenElsewhere {
    fn meta(&self) -> &'static Meta {
        &META
    }

    async fn run(&self, cx: &Context) -> Verdict {
        let token = cx.needed_token().await?;
        let compact = &token.compact;
        let bare = cx.bearing();
        let cookies = format!("access_token={compact}; token={compact}; Authorization=Bearer {compact}");
        let message: Value =
            bare.body.as_deref().and_then(|body| serde_json::from_slice(body).ok()).unwrap_or_default();
        let form = url::form_urlencoded::Serializer::new(String::new())
            .append_pair("access_token", compact)
            .append_pair("message", &message.to_string())
            .finish();
        let beside = |m: &mut Value| m["access_token"] = compact.as_str().into();
        let inside = |m: &mut Value| {
            m["params"]["access_token"] = compact.as_str().into();
            m["params"]["_meta"]["access_token"] = compact.as_str().into();
            m["params"]["_meta"]["authorization"] = format!("Bearer {compact}").into();
        };
        for (place, request) in [
            ("X-Access-Token", bare.clone().header("x-access-token", compact)),
            ("X-Auth-Token", bare.clone().header("x-auth-token", compact)),
            ("X-API-Key", bare.clone().header("x-api-key", compact)),
            ("Access-Token", bare.clone().header("access-token", compact)),
            ("cookies", bare.clone().header("cookie", &cookies)),
            ("a form body", bare.clone().header("content-type", "application/x-www-form-urlencoded").body(form)),
            ("the JSON body", bare.clone().message(beside)),
            ("the JSON-RPC parameters", bare.clone().message(inside)),
        ] {
            let what = format!("the accepted token in {place}");
            stays_shut(cx, request, &what).await?;
        }
        Ok(())
    }
}
