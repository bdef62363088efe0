//! Input that is not a message is still input.

use serde_json::Value;

use super::{looked_at, request, with_code};
use crate::check::{Area, Check, Level, Meta, Need, Stop, Verdict};
use crate::client::NoReply;
use crate::context::Context;
use crate::page;

page! {
    /// A malformed message does not bring the server down
    ///
    /// # What it checks
    /// With the accepted token, broken JSON is sent, an array, a message of JSON-RPC 1.0, one with the id null and one
    /// without a method. None may be answered with 5xx, and broken JSON not with a dropped connection or a result
    /// either. Where one is, the good request is sent once more: if it is not served any more, the failure says nothing
    /// about the message and the check is inconclusive. Other codes than -32700, -32600 and -32602, and leniency, are
    /// remarked on.
    ///
    /// # Why it matters
    /// A server that fails on input it did not expect can be made to fail by anybody, and what it says while it fails
    /// is often more than it should.
    ///
    /// # How to fix it
    /// Catch errors of parsing in front of everything else and answer with a JSON-RPC error.
    ///
    /// # Reference
    /// MCP 2026-07-28, Base Protocol, "Messages"; JSON-RPC 2.0 section 5.1.
    pub struct MalformedMessage;
}

const META: Meta = Meta {
    id: "malformed-message",
    requirements: &["mcp-base-jsonrpc-errors"],
    level: Level::Must,
    area: Area::Transport,
    needs: &[Need::ValidToken],
    ..Meta::CALM
};

const BROKEN: &str = "broken JSON";
/// JSON-RPC 2.0 section 5.1: parse error, invalid request, invalid params.
const EXPECTED: [i64; 3] = [-32700, -32600, -32602];

impl Check for MalformedMessage {
    fn meta(&self) -> &'static Meta {
        &META
    }

    async fn run(&self, cx: &Context) -> Verdict {
        let token = cx.served_token().await?;
        let good = request(cx, &token.compact);
        let whole = String::from_utf8_lossy(good.body.as_deref().unwrap_or_default()).into_owned();
        let without_method = |m: &mut Value| drop(m.as_object_mut().map(|members| members.remove("method")));
        let malformed = [
            (BROKEN, good.clone().body(&whole.as_bytes()[..whole.len() / 2])),
            ("an array", good.clone().body(format!("[{whole}]"))),
            ("a message of JSON-RPC 1.0", good.clone().message(|m| m["jsonrpc"] = "1.0".into())),
            ("a message with the id null", good.clone().message(|m| m["id"] = Value::Null)),
            ("a message without a method", good.clone().message(without_method)),
        ];
        for (what, request) in malformed {
            let actual = match cx.send(&request.purpose(what)).await {
                Ok(reply) if reply.status.is_server_error() => reply.describe(),
                Ok(reply) if what == BROKEN && reply.result().is_some() => reply.describe(),
                Ok(reply) => {
                    looked_at(&reply, what)?;
                    if !reply.error_code().is_some_and(|code| EXPECTED.contains(&code)) {
                        cx.remark(format!("{what} got {}", with_code(&reply)));
                    }
                    continue;
                }
                Err(NoReply::Broken(_)) if what == BROKEN => "a dropped connection".to_owned(),
                Err(error) => return Err(error.into()),
            };
            // It may be down for everybody.
            cx.served_token().await?;
            return Err(Stop::violation(format!("a JSON-RPC error for {what}"), actual));
        }
        Ok(())
    }
}
