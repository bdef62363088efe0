//! A bad token is the client's to replace, so it is told so.

use super::{GARBAGE, expect_unauthorized, guarded};
use crate::token::Draft;
use serde_json::json;

use crate::check::{Area, Check, Level, Meta, Stop, Verdict};
use crate::context::Context;
use crate::page;

page! {
    /// An invalid token is answered 401
    ///
    /// # What it checks
    /// The bearing request carries a word that is no token, and a well-formed JWT without a signature. Where
    /// the run has a token that is accepted, a cut copy of it and one with a bit of its signature changed
    /// follow; with a zone, also one for another audience. Each must be answered 401.
    ///
    /// # Why it matters
    /// On 401 a client fetches a new token. On 403 it tells its user that access is denied; on 400 and 500 it
    /// gives up, and a 500 also says that bad input gets further than it should.
    ///
    /// # How to fix it
    /// Catch every error of token parsing and validation in one place, and answer 401 from there.
    ///
    /// # Reference
    /// MCP 2026-07-28, Authorization, "Token Handling" and "Error Handling"; RFC 6750 section 3.1.
    pub struct InvalidTokenStatus;
}

const META: Meta = Meta {
    id: "invalid-token-status",
    requirements: &["mcp-auth-401-invalid-token"],
    level: Level::Must,
    area: Area::Challenge,
    follows_from: &["garbage-token", "garbage-token-crash"],
    ..Meta::CALM
};

impl Check for InvalidTokenStatus {
    fn meta(&self) -> &'static Meta {
        &META
    }

    async fn run(&self, cx: &Context) -> Verdict {
        let accepted = guarded(cx).await?;
        let mut bad = vec![("a word that is no token", GARBAGE.to_owned()), ("an unsigned JWT", unsigned(cx.now()))];
        if let Some(token) = &accepted {
            bad.push(("a cut copy of the accepted token", cut(&token.compact)));
            bad.extend(token.with_flipped_signature().map(|t| ("the accepted token, its signature changed", t)));
            if cx.zone().is_ok() {
                let draft = token.but(|t| t.claim("aud", "https://other.example/mcp"));
                bad.push(("a token for another audience", cx.sign(&draft, "token for another audience").await?));
            }
        }
        let mut served = Ok(());
        for (what, token) in bad {
            let token = cx.note(token, what);
            match expect_unauthorized(&cx.call(&token, what).await?, what, accepted.is_some()) {
                Err(stop @ Stop::NotApplicable { .. }) => served = Err(stop),
                other => other?,
            }
        }
        served
    }
}

/// A JWT of nobody in particular, without a signature.
fn unsigned(now: i64) -> String {
    let object = |value: serde_json::Value| value.as_object().cloned().unwrap_or_default();
    let draft = Draft {
        header: object(json!({"alg": "none", "typ": "JWT"})),
        claims: object(json!({"sub": "conformance", "iat": now, "exp": now + 300})),
    };
    draft.with_signature("")
}

/// A token without its last quarter.
fn cut(token: &str) -> String {
    token.chars().take(token.chars().count() * 3 / 4).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::token::Token;

    #[test]
    fn an_unsigned_token_is_well_formed() {
        let token = Token::parse(&unsigned(1_000)).unwrap();
        assert_eq!(token.header["alg"], "none");
        assert_eq!(token.claims["exp"], 1_300);
        assert_eq!(token.segments().2, "");
    }

    #[test]
    fn a_cut_token_is_the_beginning_of_it() {
        assert_eq!(cut("abcdefgh"), "abcdef");
    }
}
