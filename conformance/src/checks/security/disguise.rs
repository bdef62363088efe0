//! One message, read twice.

use http::StatusCode;

use super::{shut, stays_shut};
use crate::check::{Area, Check, Level, Meta, Need, Stop, Verdict};
use crate::client::Request;
use crate::context::Context;
use crate::page;

/// What servers answer without a token, where they answer anything.
const HARMLESS: [&str; 3] = ["ping", "initialize", "notifications/initialized"];

page! {
    /// No message is served without a token because it looks like another one
    ///
    /// # What it checks
    /// The bearing request, which needs a token, is sent without one and in disguise: with a header that calls it a
    /// ping, `initialize` or a notification; with one of these as a second method in the message, before its own and in
    /// other letters; as a body of another type, or of none; and with a byte order mark before it. None may be served.
    ///
    /// # Why it matters
    /// A guard that lets some messages pass without a token reads each one to know which it is. Where it reads by a
    /// header, by the first of two members, or only what is said to be JSON, and the server behind it reads otherwise,
    /// every message can be made to pass.
    ///
    /// # How to fix it
    /// Ask for a token before reading the message, whatever it is. Where something must stay open, decide by the message
    /// as the server has parsed it.
    ///
    /// # Reference
    /// OAuth 2.1 section 5.2; MCP Security Best Practices, "Session Hijacking"; RFC 8259 section 4.
    pub struct Disguise;
}

const META: Meta = Meta {
    id: "disguise-without-token",
    requirements: &["sbp-verify-all-requests"],
    level: Level::Must,
    area: Area::Security,
    needs: &[Need::ValidToken],
    follows_from: &["no-token"],
    ..Meta::CALM
};

impl Check for Disguise {
    fn meta(&self) -> &'static Meta {
        &META
    }

    async fn run(&self, cx: &Context) -> Verdict {
        cx.needed_token().await?;
        let bearing = cx.bearing();
        let message = String::from_utf8_lossy(bearing.body.as_deref().unwrap_or_default()).into_owned();
        let mut disguised: Vec<(String, Request)> = Vec::new();
        for method in HARMLESS {
            disguised
                .push((format!("a call that a header names {method}"), bearing.clone().header("mcp-method", method)));
            for name in ["method", "Method"] {
                let doubled = message.replacen('{', &format!("{{\"{name}\":\"{method}\","), 1);
                disguised
                    .push((format!("a call with the {name} {method} before its own"), bearing.clone().body(doubled)));
            }
        }
        for content_type in ["text/plain", "application/x-www-form-urlencoded", "application/json; charset=utf-16"] {
            disguised.push((format!("a call as {content_type}"), bearing.clone().header("content-type", content_type)));
        }
        disguised.push(("a call of no type".to_owned(), bearing.clone().without("content-type")));
        disguised
            .push(("a call behind a byte order mark".to_owned(), bearing.clone().body(format!("\u{feff}{message}"))));
        let mut unclear = Ok(());
        for (what, request) in disguised {
            let what = format!("{what}, without a token");
            let reply = cx.send(&request.clone().purpose(&what)).await?;
            // A ping may be answered to anybody: that is no call.
            let is_of_call = reply.result().is_none_or(|r| r.get("content").is_some() || r.get("tools").is_some());
            match shut(&reply, &what) {
                Err(Stop::Violation { .. }) if !is_of_call => {}
                Err(stop @ Stop::Inconclusive { .. }) => unclear = unclear.and(Err(stop)),
                // What hides that a call is one hides it of the beginning of a session too.
                Ok(()) if reply.status != StatusCode::UNAUTHORIZED => stays_shut(cx, request, &what).await?,
                verdict => verdict?,
            }
        }
        unclear
    }
}
