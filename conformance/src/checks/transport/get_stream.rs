//! A stream, or a clear no.

use http::{Method, StatusCode};

use super::looked_at;
use crate::check::{Area, Check, Level, Meta, Need, Revisions, Stop, Verdict};
use crate::context::Context;
use crate::mcp;
use crate::page;
use crate::text::quoted;

page! {
    /// GET opens an event stream or is answered 405
    ///
    /// # What it checks
    /// GET is sent with the accepted token and `Accept: text/event-stream`, in a session opened for it where the server
    /// has sessions. The answer must be 200 with an event stream, or 405. 400 and 409 may be about the session and are
    /// inconclusive.
    ///
    /// # Why it matters
    /// Clients try GET first thing. On 405 they go on without; on 404 they take the session for ended, and a page they
    /// try to read as events.
    ///
    /// # How to fix it
    /// Route GET to the transport as well as POST, and answer 405 where you offer no stream.
    ///
    /// # Reference
    /// MCP 2025-11-25, Transports, "Listening for Messages from the Server".
    pub struct GetStream;
}

const META: Meta = Meta {
    id: "get-stream",
    requirements: &["mcp-transport-get-stream-or-405"],
    level: Level::Must,
    area: Area::Transport,
    needs: &[Need::ValidToken],
    revisions: Revisions::Initialize,
    ..Meta::CALM
};

impl Check for GetStream {
    fn meta(&self) -> &'static Meta {
        &META
    }

    async fn run(&self, cx: &Context) -> Verdict {
        let token = cx.served_token().await?;
        let session = cx.open_session(&token.compact, "the accepted token").await?.map_err(|refusal| {
            Stop::inconclusive(format!("the accepted token could open no session: {}", refusal.describe()))
        })?;
        let request = mcp::other(cx.url(), Method::GET, cx.revision(), &session).bearer(&token.compact);
        let reply = cx.send(&request.purpose("GET with the accepted token")).await;
        cx.end_session(&token.compact, &session).await;
        let reply = reply?;
        looked_at(&reply, "GET")?;
        match reply.status {
            StatusCode::METHOD_NOT_ALLOWED => Ok(()),
            StatusCode::OK if reply.media_type() == "text/event-stream" => Ok(()),
            StatusCode::BAD_REQUEST | StatusCode::CONFLICT => {
                Err(Stop::inconclusive(format!("GET got {}, which may be about its session", reply.describe())))
            }
            status => {
                let actual = if status.is_success() { quoted(&reply.media_type()) } else { String::new() };
                let actual = format!("{} {actual}", reply.status.as_u16());
                Err(Stop::violation("200 with text/event-stream, or 405", actual.trim_end()))
            }
        }
    }
}
