//! Two tokens in one.

use serde_json::{Value, json};

use super::inside;
use crate::check::{Area, Check, Level, Meta, Need, Stop, Verdict};
use crate::context::Context;
use crate::page;
use crate::reply::Outcome;

page! {
    /// Of a claim that stands twice the last counts, or none
    ///
    /// # What it checks
    /// The zone signs the accepted token again with `aud`, then `iss`, then `exp` in it twice: the good value first, a
    /// bad one last. None may be served.
    ///
    /// # Why it matters
    /// Where one part of a system reads the first and another the last, a token means two things, and somebody profits.
    ///
    /// # How to fix it
    /// Use a JSON parser that refuses doubled names, or one that takes the last.
    ///
    /// # Reference
    /// RFC 7519 section 4.
    pub struct DoubledClaims;
}

const META: Meta = Meta {
    id: "doubled-claims",
    requirements: &["rfc7519-4-duplicate-claims"],
    level: Level::Must,
    area: Area::TokenValidation,
    needs: &[Need::ZoneControl],
    follows_from: &["garbage-token", "tampered-claims", "expired-token"],
    ..Meta::CALM
};

impl Check for DoubledClaims {
    fn meta(&self) -> &'static Meta {
        &META
    }

    async fn run(&self, cx: &Context) -> Verdict {
        let token = cx.accepted_token().await?;
        let header = Value::Object(token.header.clone()).to_string();
        let claims = Value::Object(token.claims.clone()).to_string();
        let (mut judged, mut unclear) = (false, Ok(()));
        for (name, bad) in [
            ("aud", json!("https://other.example/mcp")),
            ("iss", json!("https://issuer.example")),
            ("exp", json!(cx.now() - 3600)),
        ] {
            let alone = cx.sign(&token.but(|t| t.claim(name, bad.clone())), "token with a bad claim").await?;
            let control = cx.call(&alone, &format!("a token with the bad {name} alone (control)")).await?;
            if control.outcome() == Outcome::Served || control.refuses_with_result() {
                continue; // then it says nothing which of the two counted; checks of that claim judge the server
            }
            if let Err(other) = control.expect_refused() {
                unclear = Err(other); // another claim may still show that the first of two counts
                continue;
            }
            judged = true;
            let payload = format!(r#"{{{},"{name}":{bad}}}"#, inside(&claims));
            let doubled = cx.sign_bytes(&header, payload.as_bytes(), "token with a claim twice").await?;
            cx.call(&doubled, &format!("a token with {name} twice, the bad one last")).await?.expect_refused()?;
        }
        unclear?;
        if judged {
            Ok(())
        } else {
            Err(Stop::not_applicable("none of the bad claims is refused where it stands alone"))
        }
    }
}
