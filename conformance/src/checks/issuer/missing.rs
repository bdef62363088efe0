//! No issuer is nobody's token.

use serde_json::{Value, json};

use crate::check::{Area, Check, Level, Meta, Need, Stop, Verdict};
use crate::context::Context;
use crate::page;

page! {
    /// A token without a proper issuer is refused
    ///
    /// # What it checks
    /// The zone signs the accepted token again with `iss` absent, null, empty, an array that holds the right issuer,
    /// and an object. None may be served.
    ///
    /// # Why it matters
    /// A check that passes when there is nothing to compare is no check: the next library change or key import turns
    /// it into a hole.
    ///
    /// # How to fix it
    /// Require `iss` to be a string that equals the configured issuer.
    ///
    /// # Reference
    /// RFC 9068 section 4; RFC 7519 section 4.1.1.
    pub struct IssuerMissing;
}

const META: Meta = Meta {
    id: "issuer-missing",
    requirements: &["rfc9068-4-iss-missing"],
    level: Level::Must,
    area: Area::Issuer,
    needs: &[Need::ZoneControl],
    follows_from: &["garbage-token"],
    ..Meta::CALM
};

impl Check for IssuerMissing {
    fn meta(&self) -> &'static Meta {
        &META
    }

    async fn run(&self, cx: &Context) -> Verdict {
        let token = cx.accepted_token().await?;
        let own = token.claims.get("iss").cloned().unwrap_or_default();
        let values = [
            ("absent", None),
            ("null", Some(Value::Null)),
            ("empty", Some(json!(""))),
            ("an array", Some(json!([own]))),
            ("an object", Some(json!({"iss": own}))),
        ];
        let mut unclear = Ok(());
        for (how, value) in values {
            let draft = token.but(|t| match &value {
                Some(value) => t.claim("iss", value.clone()),
                None => t.without_claim("iss"),
            });
            let odd = cx.sign(&draft, "token without a proper issuer").await?;
            match cx.call(&odd, &format!("a token whose iss is {how}")).await?.expect_refused() {
                Err(violation @ Stop::Violation { .. }) => return Err(violation),
                // The others may still be served.
                Err(other) => unclear = Err(other),
                Ok(()) => {}
            }
        }
        unclear
    }
}
