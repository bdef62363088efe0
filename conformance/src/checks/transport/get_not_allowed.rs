//! This revision has no stream on GET.

use http::{Method, StatusCode};

use super::{looked_at, of_this_revision_alone};
use crate::check::{Area, Check, Level, Meta, Need, Revisions, Verdict};
use crate::context::Context;
use crate::page;

page! {
    /// GET is answered 405 by a server of 2026-07-28 alone
    ///
    /// # What it checks
    /// GET is sent with the accepted token. The answer should be 405. A server that also answers `initialize` may have
    /// a use for GET, and the check does not apply to it.
    ///
    /// # Why it matters
    /// 405 tells an older client at once that this is gone; anything else has it wait or try again.
    ///
    /// # How to fix it
    /// Answer 405, with `Allow: POST`, to every method but POST.
    ///
    /// # Reference
    /// MCP 2026-07-28, Streamable HTTP, "Earlier Streamable HTTP Revisions".
    pub struct GetNotAllowed;
}

const META: Meta = Meta {
    id: "get-not-allowed",
    requirements: &["mcp-transport-get-405"],
    level: Level::Should,
    area: Area::Transport,
    needs: &[Need::ValidToken],
    revisions: Revisions::Stateless,
    ..Meta::CALM
};

impl Check for GetNotAllowed {
    fn meta(&self) -> &'static Meta {
        &META
    }

    async fn run(&self, cx: &Context) -> Verdict {
        let token = cx.served_token().await?;
        of_this_revision_alone(cx, &token.compact).await?;
        let request = cx.method(Method::GET).bearer(&token.compact);
        let reply = cx.send(&request.purpose("GET with the accepted token")).await?;
        looked_at(&reply, "GET")?;
        reply.expect_status(StatusCode::METHOD_NOT_ALLOWED)
    }
}
