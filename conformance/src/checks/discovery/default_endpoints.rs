//! Without metadata, clients of 2025-03-26 know three paths.

use http::Method;

use super::own_server::{Metadata, answered, at_origin, bound, is_absent, origin_metadata};
use crate::check::{Area, Check, Level, Meta, Need, Stop, Verdict};
use crate::client::Request;
use crate::context::Context;
use crate::page;

page! {
    /// Without metadata the endpoints of 2025-03-26 are at their default paths
    ///
    /// # What it checks
    /// Where `/.well-known/oauth-authorization-server` of the origin answers 404, a client falls back to `/authorize`,
    /// `/token` and `/register` there. GET on the first and POST of an empty form to the second must not be answered 404.
    /// That `/register` is missing is remarked on: registering is a SHOULD. Only for a server whose newest revision is
    /// 2025-03-26 and that publishes no protected resource metadata.
    ///
    /// # Why it matters
    /// There is no other way to find the endpoints. A client has nowhere to send its user.
    ///
    /// # How to fix it
    /// Serve metadata at the origin; else answer at the three paths, redirecting to where the endpoints are.
    ///
    /// # Reference
    /// MCP 2025-03-26, Authorization, "Fallbacks for Servers without Metadata Discovery".
    pub struct DefaultEndpoints;
}

const META: Meta = Meta {
    id: "default-endpoints",
    requirements: &["mcp-2025-03-26-default-endpoints"],
    level: Level::Must,
    area: Area::Discovery,
    needs: &[Need::ValidToken],
    follows_from: &["origin-metadata-at-root"],
    ..Meta::CALM
};

impl Check for DefaultEndpoints {
    fn meta(&self) -> &'static Meta {
        &META
    }

    async fn run(&self, cx: &Context) -> Verdict {
        bound(cx).await?;
        if !matches!(origin_metadata(cx).await?, Metadata::Absent) {
            return Err(Stop::not_applicable("the origin serves metadata, which name the endpoints"));
        }
        let get = |path: &str| Request::get(at_origin(cx.url(), path), path);
        let form = get("/token").header("content-type", "application/x-www-form-urlencoded").body("");
        let form = Request { method: Method::POST, ..form };
        for (path, request) in [("/authorize", get("/authorize")), ("/token", form)] {
            let reply = cx.send(&request).await?;
            answered(&reply, path)?;
            if is_absent(&reply) {
                return Err(Stop::violation(format!("an endpoint at {path}, for want of metadata"), reply.describe()));
            }
        }
        if is_absent(&cx.send(&get("/register")).await?) {
            cx.remark("there is nothing at /register".to_owned());
        }
        Ok(())
    }
}
