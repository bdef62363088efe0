//! A date is a number.

use serde_json::Value;

use super::{expect_calm, expect_refused_calmly, inside};
use crate::check::{Area, Check, Level, Meta, Need, Verdict};
use crate::context::Context;
use crate::page;

page! {
    /// A token whose `exp` is no date is refused
    ///
    /// # What it checks
    /// The zone signs the accepted token again with an `exp` that is a future time as text, an ISO date, true and a
    /// negative number. None should be served, and none should make the server fail; nor should 1e400, which is a
    /// number for JSON and none for most languages.
    ///
    /// # Why it matters
    /// What is no number compares with the clock in surprising ways: as text, as infinity, as "not there".
    ///
    /// # How to fix it
    /// Have your JWT library check that `exp` is a finite number before it is compared.
    ///
    /// # Reference
    /// RFC 7519 section 4.1.4. Only the zone could make such a token, so this is a warning.
    pub struct ExpType;
}

const META: Meta = Meta {
    id: "exp-type",
    requirements: &["rfc7519-4.1.4-exp-number"],
    level: Level::Should,
    area: Area::TokenValidation,
    needs: &[Need::ZoneControl],
    follows_from: &["garbage-token", "expired-token", "missing-exp"],
    ..Meta::CALM
};

impl Check for ExpType {
    fn meta(&self) -> &'static Meta {
        &META
    }

    async fn run(&self, cx: &Context) -> Verdict {
        let token = cx.accepted_token().await?;
        let header = Value::Object(token.header.clone()).to_string();
        let rest = Value::Object(token.but(|t| t.without_claim("exp")).claims).to_string();
        let soon = cx.now() + 3600;
        for (what, exp) in [
            ("a future time as text", format!("\"{soon}\"")),
            ("an ISO date", "\"2099-01-01T00:00:00Z\"".to_owned()),
            ("true", "true".to_owned()),
            ("a negative number", format!("-{soon}")),
        ] {
            let payload = format!(r#"{{{},"exp":{exp}}}"#, inside(&rest));
            let odd = cx.sign_bytes(&header, payload.as_bytes(), "token whose exp is no date").await?;
            expect_refused_calmly(&cx.call(&odd, &format!("a token whose exp is {what}")).await?)?;
        }
        // A number that no double holds is one for JSON all the same; it must do no harm.
        let payload = format!(r#"{{{},"exp":1e400}}"#, inside(&rest));
        let endless = cx.sign_bytes(&header, payload.as_bytes(), "token whose exp is 1e400").await?;
        let what = "a token whose exp is 1e400";
        expect_calm(cx, &cx.call(&endless, what).await?, what)
    }
}
