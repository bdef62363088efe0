//! A key's name is somebody's input.

use serde_json::{Map, Value, json};
use std::time::Duration;

use crate::check::{Area, Check, Level, Meta, Stop, Verdict};
use crate::context::Context;
use crate::discovery::is_loopback;
use crate::page;
use crate::survey::{TokenFound, random_id};
use crate::token::Draft;

page! {
    /// A hostile `kid` does no harm
    ///
    /// # What it checks
    /// Unsigned tokens with the claims of an access token name a `kid` with SQL quotes, an LDAP filter, a path upwards,
    /// a NUL, 2 KiB of text, and, for a server on this machine, an address of the suite. Each should be answered
    /// without delay, and the address should not be asked.
    ///
    /// # Why it matters
    /// The name goes into look-ups before any signature is verified. Where it goes into a query, a path or a URL,
    /// anybody writes that query.
    ///
    /// # How to fix it
    /// Compare `kid` with the names in the key set that you hold, and use it for nothing else.
    ///
    /// # Reference
    /// RFC 8725 section 3.10. No MCP revision cites it, so this is a warning.
    pub struct KidInjection;
}

const META: Meta = Meta {
    id: "kid-injection",
    requirements: &["rfc8725-3.10-kid-injection"],
    level: Level::Should,
    area: Area::TokenValidation,
    ..Meta::CALM
};

impl Check for KidInjection {
    fn meta(&self) -> &'static Meta {
        &META
    }

    async fn run(&self, cx: &Context) -> Verdict {
        let mut hostile: Vec<(&str, String)> = vec![
            ("SQL quotes", "x' OR '1'='1' --".to_owned()),
            ("an LDAP filter", "*)(uid=*))(|(uid=*".to_owned()),
            ("a path upwards", "../../../../../../etc/hostname".to_owned()),
            ("a NUL", "key\0.pem".to_owned()),
            ("2 KiB of text", "k".repeat(2048)),
        ];
        let mut path = None;
        if is_loopback(cx.url()) {
            let asked = format!("/keys/{}", random_id());
            hostile.push(("a URL", format!("{}{asked}", cx.key_host().await?.url().trim_end_matches('/'))));
            path = Some(asked);
        }
        for (what, kid) in hostile {
            let header = json!({"alg": "RS256", "typ": "at+jwt", "kid": kid});
            let claims = match &cx.survey().token {
                TokenFound::Accepted(token) => token.claims.clone(),
                _ => made_up(cx),
            };
            let draft = Draft { header: header.as_object().cloned().unwrap_or_default(), claims };
            let token = cx.note(draft.with_signature(&"A".repeat(342)), "unsigned token");
            let reply = cx.call(&token, &format!("an unsigned token whose kid has {what}")).await?;
            if reply.duration > SLOW {
                let took = format!("an answer after {:.1} s", reply.duration.as_secs_f64());
                return Err(Stop::violation(format!("an answer without delay to a kid with {what}"), took));
            }
        }
        match path {
            Some(path) if cx.key_host().await?.was_asked_for(&path) => {
                Err(Stop::violation("no request at the address in kid", "it was fetched"))
            }
            _ => Ok(()),
        }
    }
}

/// An answer that takes this long was worked on.
const SLOW: Duration = Duration::from_secs(5);

/// Claims of a token such as a zone might issue, where none is known.
fn made_up(cx: &Context) -> Map<String, Value> {
    let named = cx.discovery().issuers().into_iter().next();
    let issuer = named.unwrap_or_else(|| "https://issuer.example".to_owned());
    let claims = json!({
        "iss": issuer,
        "aud": cx.url().as_str(),
        "sub": "conformance",
        "client_id": "conformance",
        "iat": cx.now(),
        "exp": cx.now() + 3600,
        "jti": random_id(),
    });
    claims.as_object().cloned().unwrap_or_default()
}
