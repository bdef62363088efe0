//! A session id travels in a header.

use crate::check::{Area, Check, Level, Meta, Need, Revisions, Stop, Verdict};
use crate::context::Context;
use crate::mcp::{Operation, Session};
use crate::page;

page! {
    /// A session id has only visible ASCII characters
    ///
    /// # What it checks
    /// A session is opened with the accepted token. Each character of its id must be a visible ASCII character, 0x21 to
    /// 0x7E. A server that issues no session id is not concerned.
    ///
    /// # Why it matters
    /// Other characters are changed, trimmed or refused by proxies and client libraries, and the session is lost.
    ///
    /// # How to fix it
    /// Use a UUID, or random bytes in hexadecimal or base64url.
    ///
    /// # Reference
    /// MCP 2025-11-25, Transports, "Session Management".
    pub struct SessionIdCharacters;
}

const META: Meta = Meta {
    id: "session-id-characters",
    requirements: &["mcp-session-id-visible-ascii"],
    level: Level::Must,
    area: Area::Transport,
    needs: &[Need::ValidToken],
    revisions: Revisions::Initialize,
    ..Meta::CALM
};

impl Check for SessionIdCharacters {
    fn meta(&self) -> &'static Meta {
        &META
    }

    async fn run(&self, cx: &Context) -> Verdict {
        let token = cx.served_token().await?;
        let request = cx.operation(&Operation::Initialize).bearer(&token.compact);
        let reply = cx.send(&request).await?;
        let Some(id) = reply.headers.get("mcp-session-id") else {
            return Err(Stop::not_applicable("the server issues no session id"));
        };
        if let Some(session) = id.to_str().ok().map(|id| Session { id: Some(id.to_owned()) }) {
            cx.end_session(&token.compact, &session).await;
        }
        match id.as_bytes().iter().find(|byte| !(0x21..=0x7e).contains(*byte)) {
            Some(byte) => Err(Stop::violation("visible ASCII characters", format!("0x{byte:02x} among them"))),
            None if id.is_empty() => Err(Stop::violation("visible ASCII characters", "none at all")),
            None => Ok(()),
        }
    }
}
