//! An array of requests is many requests.

use super::{GARBAGE, refused_without_token, shut};
use crate::check::{Area, Check, Level, Meta, Stop, Verdict};
use crate::context::Context;
use crate::page;

page! {
    /// A batch is not served without a token
    ///
    /// # What it checks
    /// The bearing request, which needs a token, is sent without one and with a word that is no token, inside a
    /// JSON-RPC batch: alone and behind a ping, in the revision at hand, as 2025-03-26, which had batches, and without
    /// a version. No result may come back.
    ///
    /// # Why it matters
    /// Servers that take batches often unpack them behind, or around, the code that looks at single messages.
    ///
    /// # How to fix it
    /// Put the check in front of the whole endpoint, before anything else decides about the request, and let nothing
    /// but a valid token in the Authorization header get past it.
    ///
    /// # Reference
    /// MCP Security Best Practices, "Session Hijacking"; MCP 2025-03-26, Base Protocol, "Batching".
    pub struct Batch;
}

const META: Meta = Meta {
    id: "batch-without-token",
    requirements: &["sbp-verify-all-requests"],
    level: Level::Must,
    area: Area::Security,
    follows_from: &["no-token", "garbage-token", "garbage-token-crash"],
    ..Meta::CALM
};

impl Check for Batch {
    fn meta(&self) -> &'static Meta {
        &META
    }

    async fn run(&self, cx: &Context) -> Verdict {
        refused_without_token(cx).await?;
        for bare in [cx.bearing(), cx.bearing().bearer(GARBAGE)] {
            let message = String::from_utf8_lossy(bare.body.as_deref().unwrap_or_default()).into_owned();
            let ping = r#"{"jsonrpc":"2.0","id":"conformance-ping","method":"ping"}"#;
            for batch in [format!("[{message}]"), format!("[{ping},{message}]")] {
                let own = bare.clone().body(batch);
                let old = own.clone().header("mcp-protocol-version", "2025-03-26");
                let none = own.clone().without("mcp-protocol-version");
                for request in [own, old, none] {
                    let reply = cx.send(&request.purpose("a batch without a valid token")).await?;
                    if reply.messages().iter().any(|message| message.get("result").is_some()) {
                        return Err(Stop::violation("no result in answer to a batch without a token", "one"));
                    }
                    shut(&reply, "a batch without a valid token")?;
                }
            }
        }
        Ok(())
    }
}
