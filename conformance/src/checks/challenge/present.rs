//! A refusal that says how to do better.

use super::GARBAGE;
use crate::reply::Reply;
use http::header::WWW_AUTHENTICATE;
use http::{Method, StatusCode};

use crate::check::{Area, Check, Level, Meta, Stop, Verdict};
use crate::context::Context;
use crate::page;

page! {
    /// Every 401 carries a challenge
    ///
    /// # What it checks
    /// POST without a token and with a garbage one, GET and DELETE without a token are sent to the endpoint;
    /// the answers of the metadata URLs count too. Each that is 401 must have `WWW-Authenticate` with at
    /// least one challenge.
    ///
    /// # Why it matters
    /// The challenge is where a client reads that a Bearer token is wanted and where the metadata is. HTTP
    /// itself demands it.
    ///
    /// # How to fix it
    /// Build every 401 in one function that sets the header, also those for expired and malformed tokens, and
    /// those of proxies.
    ///
    /// # Reference
    /// RFC 9110 section 11.6.1; RFC 6750 section 3; MCP 2026-07-28, Authorization, "Protected Resource
    /// Metadata Discovery Requirements".
    pub struct ChallengePresent;
}

const META: Meta = Meta {
    id: "challenge-present",
    requirements: &["rfc9110-11.6.1-401-challenge"],
    level: Level::Must,
    area: Area::Challenge,
    ..Meta::CALM
};

impl Check for ChallengePresent {
    fn meta(&self) -> &'static Meta {
        &META
    }

    async fn run(&self, cx: &Context) -> Verdict {
        let mut replies = vec![
            ("POST without a token".to_owned(), cx.send(&cx.bearing().purpose("POST without a token")).await?),
            ("POST with a garbage token".to_owned(), cx.call(GARBAGE, "a word that is no token").await?),
        ];
        for method in [Method::GET, Method::DELETE] {
            let name = format!("{method} without a token");
            // Without the session's id: an open DELETE must not end the session that other checks use.
            let request = cx.method(method).without("mcp-session-id").purpose(name.clone());
            // POST is what every server answers; one that closes the connection on other methods gives no 401 to judge.
            if let Ok(reply) = cx.send(&request).await {
                replies.push((name, reply));
            }
        }
        for place in &cx.discovery().places {
            if let Ok(reply) = &place.reply {
                replies.push((format!("GET {}", place.url), reply.clone()));
            }
        }
        replies.retain(|(_, reply)| reply.status == StatusCode::UNAUTHORIZED);
        if replies.is_empty() {
            return Err(Stop::inconclusive("no request was answered 401"));
        }
        match replies.iter().find(|(_, reply)| !has_challenge(reply)) {
            Some((name, _)) => Err(Stop::violation("401 with WWW-Authenticate", format!("401 without it for {name}"))),
            None => Ok(()),
        }
    }
}

/// Whether there is more than empty fields; how well it is written is the grammar's check.
fn has_challenge(reply: &Reply) -> bool {
    let mut values = reply.headers.get_all(WWW_AUTHENTICATE).iter();
    values.any(|v| v.as_bytes().iter().any(|b| !b" \t,".contains(b)))
}
