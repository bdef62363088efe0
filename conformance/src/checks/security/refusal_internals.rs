//! A refusal is read by whoever was refused.

use super::GARBAGE;
use crate::check::{Area, Check, Level, Meta, Stop, Verdict};
use crate::context::Context;
use crate::page;
use crate::text::quoted;

page! {
    /// A refusal shows nothing of the server's insides
    ///
    /// # What it checks
    /// Requests without a valid token are sent that a server may not expect: no token, a word, half a JWT, a very long
    /// token, broken JSON, a wrong content type, an odd version. The answers should hold no stack trace, no path of the
    /// server's file system and no line of its code.
    ///
    /// # Why it matters
    /// A trace names libraries, versions, paths and functions to somebody who was not let in: the list of what to try
    /// next.
    ///
    /// # How to fix it
    /// Catch errors in one place and answer with fixed words; write the rest to your own log. Turn debug pages off.
    ///
    /// # Reference
    /// MCP 2026-07-28, Authorization, "Token Handling"; OWASP Web Security Testing Guide, "Testing for Improper Error
    /// Handling".
    pub struct RefusalInternals;
}

const META: Meta = Meta {
    id: "refusal-internals",
    requirements: &["mcp-auth-validate-before-processing"],
    level: Level::Should,
    area: Area::Security,
    ..Meta::CALM
};

/// What stands in the traces of common runtimes, and hardly anywhere else.
pub(crate) const SIGNS: &[&str] = &[
    "Traceback (most recent call last)",
    "site-packages/",
    "node_modules/",
    "at Object.<anonymous>",
    "(node:internal/",
    "goroutine 1 [",
    "panicked at ",
    "RUST_BACKTRACE",
    ".cargo/registry",
    "at java.base/",
    "Caused by: java",
    "System.Private.CoreLib",
    "   at Microsoft.AspNetCore",
    "vendor/bundle/",
    "/usr/src/app",
    "/usr/lib/python",
    "file:///",
    "\\Users\\",
];

impl Check for RefusalInternals {
    fn meta(&self) -> &'static Meta {
        &META
    }

    async fn run(&self, cx: &Context) -> Verdict {
        let bare = cx.bearing();
        let long = format!("{GARBAGE}-{}", "x".repeat(4000));
        for (what, request) in [
            ("no token", bare.clone()),
            ("a word that is no token", bare.clone().bearer(GARBAGE)),
            ("half a JWT", bare.clone().bearer("eyJhbGciOiJSUzI1NiJ9.eyJzdWIi")),
            ("a token of 4000 letters", bare.clone().bearer(&long)),
            ("broken JSON without a token", bare.clone().body("{\"jsonrpc\":")),
            ("a body of text without a token", bare.clone().header("content-type", "text/plain").body("conformance")),
            ("an odd version without a token", bare.header("mcp-protocol-version", "%00")),
        ] {
            let reply = cx.send(&request.purpose(what)).await?;
            let headers = reply.headers.values().map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned());
            let text: String =
                headers.chain([String::from_utf8_lossy(&reply.body).into_owned()]).map(|t| t + "\n").collect();
            if let Some(sign) = SIGNS.iter().find(|sign| text.contains(**sign)) {
                let expected = format!("a refusal of {what} in plain words");
                return Err(Stop::violation(expected, format!("{} with {}", reply.describe(), quoted(sign))));
            }
        }
        Ok(())
    }
}
