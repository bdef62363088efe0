//! Whoever that is.

use serde_json::json;

use super::expect_calm;
use crate::check::{Area, Check, Level, Meta, Need, Verdict};
use crate::context::Context;
use crate::page;

page! {
    /// A token with a malformed subject does not make the server fail
    ///
    /// # What it checks
    /// The zone signs the accepted token again with a `sub` that is empty, null, a number, an object, and 2 KiB long.
    /// The server should not fail; what it served is reported, since which subjects there are is the deployment's
    /// knowledge.
    ///
    /// # Why it matters
    /// The subject goes into queries, file names and logs. A server that fails on an odd one has not looked at it.
    ///
    /// # How to fix it
    /// Check that `sub` is a short, non-empty string before anything else uses it.
    ///
    /// # Reference
    /// RFC 8725 section 3.8. No MCP revision cites it, so this is a warning.
    pub struct OddSubject;
}

const META: Meta = Meta {
    id: "odd-subject",
    requirements: &["rfc8725-3.8-subject-valid"],
    level: Level::Should,
    area: Area::TokenValidation,
    needs: &[Need::ZoneControl],
    ..Meta::CALM
};

impl Check for OddSubject {
    fn meta(&self) -> &'static Meta {
        &META
    }

    async fn run(&self, cx: &Context) -> Verdict {
        let token = cx.accepted_token().await?;
        for (what, sub) in [
            ("empty", json!("")),
            ("null", json!(null)),
            ("a number", json!(7)),
            ("an object", json!({"id": 7})),
            ("2 KiB long", json!("s".repeat(2048))),
        ] {
            let odd = cx.sign(&token.but(|t| t.claim("sub", sub)), "token with an odd subject").await?;
            let what = format!("a token whose sub is {what}");
            expect_calm(cx, &cx.call_as_another(&odd, &what).await?, &what)?;
        }
        Ok(())
    }
}
