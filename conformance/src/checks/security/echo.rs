//! What is sent back is logged elsewhere.

use async_trait::async_trait;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;

use crate::check::{Area, Check, Level, Meta, Need, Stop, Verdict};
use crate::context::Context;
use crate::page;

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

#[async_trait]
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
            for (form, trace) in traces(payload) {
                let in_headers = reply.headers.iter().any(|(_, value)| contains(value.as_bytes(), &trace));
                if in_headers || contains(&reply.body, &trace) {
                    let place = if in_headers { "a header" } else { "the body" };
                    let actual = format!("{what} stands in {place} of the answer{form}");
                    return Err(Stop::violation("an answer without the token", actual));
                }
            }
        }
        Ok(())
    }
}

/// What shows that this text was repeated, and in which form.
fn traces(text: &str) -> Vec<(&'static str, String)> {
    let mut traces = vec![("", text.to_owned())];
    // Three bytes make four letters, so the same text has three forms, by what stands before it.
    for before in 0..3 {
        let padded = [&b"..."[..before], text.as_bytes()].concat();
        let encoded = STANDARD_NO_PAD.encode(padded);
        // What the bytes before and after take part in is left out.
        let inner = encoded.get(before * 2..encoded.len().saturating_sub(4)).unwrap_or_default().to_owned();
        traces.push((", in base64", inner.replace('+', "-").replace('/', "_")));
        traces.push((", in base64", inner));
    }
    let hexadecimal = |before: &str| text.bytes().map(|byte| format!("{before}{byte:02x}")).collect::<String>();
    traces.extend([(", in hexadecimal", hexadecimal("")), (", percent-encoded", hexadecimal("%"))]);
    traces.extend([(", in hexadecimal", hexadecimal("").to_ascii_uppercase())]);
    traces.extend([(", percent-encoded", hexadecimal("%").to_ascii_uppercase())]);
    traces
}

fn contains(bytes: &[u8], text: &str) -> bool {
    !text.is_empty() && bytes.windows(text.len()).any(|window| window == text.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_found_in_base64_whatever_stands_around_it() {
        let token = "eyJzdWIiOiJjb25mb3JtYW5jZS1_-In0";
        for before in ["", "a", "ab", "abc", "Bearer "] {
            for after in ["", "x", ".signature"] {
                let encoded = STANDARD_NO_PAD.encode(format!("{before}{token}{after}"));
                assert!(traces(token).iter().any(|(_, trace)| encoded.contains(trace)), "{before}{token}{after}");
            }
        }
        assert!(traces(token).iter().all(|(_, trace)| trace.len() > 20));
    }
}
