//! Signed by the zone, and for something else.

use serde_json::{Value, json};

use crate::check::{Area, Check, Level, Meta, Need, Verdict};
use crate::context::Context;
use crate::page;
use crate::token::{Draft, Token};

page! {
    /// Other JWTs of the zone do not pass as access tokens
    ///
    /// # What it checks
    /// The zone signs an ID token, a logout token, a client assertion and a DPoP proof as such tokens look, each with
    /// the resource among its audiences. None should be served.
    ///
    /// # Why it matters
    /// The zone's signature says who wrote a JWT, not what for. An ID token shows up in browsers and logs that never
    /// were to hold a key to the server.
    ///
    /// # How to fix it
    /// Accept `typ` at+jwt only, and require the claims that access tokens have (`client_id`, `scope` where you use
    /// it).
    ///
    /// # Reference
    /// RFC 8725 section 3.12. No MCP revision cites it, and only the zone could make such a token, so this is a
    /// warning.
    pub struct OtherJwts;
}

const META: Meta = Meta {
    id: "other-jwts",
    requirements: &["rfc8725-3.12-id-token-rejected"],
    level: Level::Should,
    area: Area::TokenValidation,
    needs: &[Need::ZoneControl],
    follows_from: &["garbage-token", "token-type", "token-untyped"],
    ..Meta::CALM
};

impl Check for OtherJwts {
    fn meta(&self) -> &'static Meta {
        &META
    }

    async fn run(&self, cx: &Context) -> Verdict {
        let token = cx.accepted_token().await?;
        for (what, draft) in others(&token, cx.now()) {
            let other = cx.sign(&draft, what).await?;
            cx.call_as_another(&other, &format!("{what} with the resource in aud")).await?.expect_refused()?;
        }
        Ok(())
    }
}

/// JWTs that zones sign besides access tokens, each with the accepted token's issuer, audience and lifetime.
fn others(token: &Token, now: i64) -> Vec<(&'static str, Draft)> {
    let claim = |name: &str| token.claims.get(name).cloned().unwrap_or_default();
    let audience = match claim("aud") {
        Value::Array(all) => all,
        one => vec![one],
    };
    let with_client = [audience.clone(), vec![claim("client_id")]].concat();
    let make = |what, typ: &str, audience: &[Value], more: Value| {
        let mut header = token.header.clone();
        header.insert("typ".to_owned(), typ.into());
        let base = json!({"iss": claim("iss"), "aud": audience, "iat": now, "exp": claim("exp"), "jti": claim("jti")});
        let members = [base, more].into_iter().filter_map(|part| part.as_object().cloned()).flatten();
        (what, Draft { header, claims: members.collect() })
    };
    let logout = json!({"http://schemas.openid.net/event/backchannel-logout": {}});
    vec![
        make("an ID token", "JWT", &with_client, json!({"sub": claim("sub"), "nonce": "n", "auth_time": now})),
        make("a logout token", "logout+jwt", &with_client, json!({"sub": claim("sub"), "events": logout})),
        make("a client assertion", "JWT", &audience, json!({"sub": claim("client_id")})),
        make("a DPoP proof", "dpop+jwt", &audience, json!({"htm": "POST", "htu": "https://a.example", "ath": "x"})),
    ]
}
