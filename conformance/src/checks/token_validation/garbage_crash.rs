//! Input that anybody can send.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use super::garbage::GARBAGE;
use super::inside;
use crate::check::{Area, Check, Level, Meta, Need, Stop, Verdict};
use crate::context::Context;
use crate::no_reply::NoReply;
use crate::page;
use crate::reply::Outcome;
use crate::token::Token;

page! {
    /// A token that is no token does not make the server fail
    ///
    /// # What it checks
    /// In place of the accepted token the request carries what is no JWT: a word, two, four and five segments, three
    /// that are no base64url or no JSON, a payload that is an array, and forged tokens whose claims have types that
    /// they never have. No answer may be an error of the server, and there must be one: where the connection breaks and the
    /// accepted token is served right after, the server failed as well.
    ///
    /// # Why it matters
    /// An exception in the parser is a way to disturb a server for whoever finds it, and says that input gets further
    /// than it should before anybody looks at it.
    ///
    /// # How to fix it
    /// Catch every error of the JWT library in one place, and answer 401 from there.
    ///
    /// # Reference
    /// RFC 7519 section 7.2; MCP 2026-07-28, Authorization, "Error Handling".
    pub struct GarbageTokenCrash;
}

const META: Meta = Meta {
    id: "garbage-token-crash",
    requirements: &["rfc7519-7.2-malformed-rejected", "mcp-auth-401-invalid-token"],
    level: Level::Must,
    area: Area::TokenValidation,
    needs: &[Need::ValidToken],
    ..Meta::CALM
};

impl Check for GarbageTokenCrash {
    fn meta(&self) -> &'static Meta {
        &META
    }

    async fn run(&self, cx: &Context) -> Verdict {
        let token = cx.accepted_credential().await?;
        let garbage = GARBAGE.map(|(what, word)| (what, word.to_owned()));
        let forged = if token.is_jwt() { oddly_typed(&token) } else { Vec::new() };
        let mut crashes = Vec::new();
        for (what, word) in garbage.into_iter().chain(forged) {
            let word = cx.note(word, "garbage");
            let request = cx.bearing().bearer(&word).purpose(format!("{} with {what}", cx.bearing_name()));
            let mut answer = cx.send(&request).await;
            if matches!(answer, Err(NoReply::Broken(_))) {
                // A connection may end just as it is used again; the next one is new.
                answer = cx.send(&request).await;
            }
            match answer {
                Ok(reply) if reply.outcome() == Outcome::ServerError => crashes.push((what, reply.describe())),
                Ok(_) => {}
                Err(NoReply::Broken(how)) => {
                    cx.accepted_credential().await?;
                    crashes.push((
                        what,
                        format!("no answer: the connection broke twice ({how}), and not for the accepted token"),
                    ));
                }
                Err(other) => return Err(other.into()),
            }
        }
        let Some((first, how)) = crashes.first() else { return Ok(()) };
        if crashes.len() > 1 {
            let all: Vec<_> = crashes.iter().map(|(what, _)| *what).collect();
            cx.remark(format!("the server failed at {}", all.join(", ")));
        }
        Err(Stop::violation(format!("401 for {first}"), how))
    }
}

/// The accepted token with claims of types that they never have, and a signature that fits nothing: anybody can send it.
fn oddly_typed(token: &Token) -> Vec<(&'static str, String)> {
    let odd = [
        ("a forged token whose iss is an array", "iss", json!([token.claims.get("iss")])),
        ("a forged token whose iss is an object", "iss", json!({"a": 1})),
        ("a forged token whose aud is a number", "aud", json!(7)),
        ("a forged token whose exp is an object", "exp", json!({"a": 1})),
        ("a forged token whose sub is an array", "sub", json!(["a"])),
        ("a forged token whose scope is an object", "scope", json!({"a": 1})),
    ];
    let (header, _, signature) = token.segments();
    let mut all: Vec<_> = odd
        .into_iter()
        .map(|(what, claim, value)| (what, token.with_tampered_claims(|t| t.claim(claim, value))))
        .collect();
    let rest = Value::Object(token.but(|t| t.without_claim("exp")).claims).to_string();
    let endless = format!(r#"{{{},"exp":{}}}"#, inside(&rest), "9".repeat(400));
    let payload = URL_SAFE_NO_PAD.encode(endless);
    all.push(("a forged token whose exp has 400 digits", format!("{header}.{payload}.{signature}")));
    all
}
