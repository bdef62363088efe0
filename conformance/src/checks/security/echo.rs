//! What is sent back is logged elsewhere.

use crate::check::{Area, Check, Level, Meta, Need, Stop, Verdict};
use crate::context::Context;
use crate::page;
use crate::reply::Reply;
use crate::traces::form_in;

page! {
    /// No answer repeats the token
    ///
    /// # What it checks
    /// The accepted token and a tampered copy are sent. Neither the token nor its payload segment may stand in a
    /// header or the body of the answer, as it is, in base64, in hexadecimal or percent-encoded.
    ///
    /// # Why it matters
    /// Answers are kept by clients, proxies and error trackers, which are no place for a credential.
    ///
    /// # How to fix it
    /// Never put the request or the token into an error; describe the error in fixed words.
    ///
    /// # Reference
    /// MCP 2026-07-28, Authorization, "Token Theft"; OAuth 2.1 section 7.
    pub struct TokenEcho;
}

const META: Meta = Meta {
    id: "token-echo",
    requirements: &["mcp-auth-token-not-echoed"],
    level: Level::Must,
    area: Area::Security,
    needs: &[Need::ValidToken],
    follows_from: &["token-in-cookie"],
    ..Meta::CALM
};

impl Check for TokenEcho {
    fn meta(&self) -> &'static Meta {
        &META
    }

    async fn run(&self, cx: &Context) -> Verdict {
        let token = cx.accepted_credential().await?;
        let mut sent = vec![("the accepted token", token.compact.clone())];
        if token.is_jwt() {
            let tampered = token.with_tampered_claims(|t| t.claim("jti", "tampered"));
            sent.push(("a tampered token", cx.note(tampered, "tampered token")));
        }
        for (what, compact) in &sent {
            let reply = cx.call(compact, what).await?;
            let payload = if token.is_jwt() { compact.split('.').nth(1).unwrap_or(compact) } else { compact };
            if let Some((place, form)) = shown(&reply, payload) {
                let actual = format!("{what} stands in {place} of the answer{form}");
                return Err(Stop::violation("an answer without the token", actual));
            }
        }
        Ok(())
    }
}

/// Where a text stands in an answer, and in which form.
pub(in crate::checks) fn shown(reply: &Reply, text: &str) -> Option<(&'static str, &'static str)> {
    let in_headers = reply.headers.iter().find_map(|(_, value)| form_in(value.as_bytes(), text));
    let in_headers = in_headers.map(|form| ("a header", form));
    in_headers.or_else(|| Some(("the body", form_in(&reply.body, text)?)))
}
