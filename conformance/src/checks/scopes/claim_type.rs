//! A string, whatever comes.

use serde_json::{Value, json};

use crate::check::{Area, Check, Level, Meta, Need, Stop, Verdict};
use crate::context::Context;
use crate::page;
use crate::reply::Outcome;

page! {
    /// A scope claim that is no string does no harm
    ///
    /// # What it checks
    /// The accepted token is sent with its scopes as an array of strings, as null and as a number. None may make the
    /// server fail. Whether it takes the array is reported: some zones write one.
    ///
    /// # Why it matters
    /// What is signed is not therefore of the right type. A crash on a claim is an outage for whoever gets such a
    /// token.
    ///
    /// # How to fix it
    /// Parse the claims into a type that knows the scope as a string, and answer 401 or 403 to what does not fit.
    ///
    /// # Reference
    /// RFC 8693 section 4.2; RFC 9068 section 2.2.3.
    pub struct ScopeClaimType;
}

const META: Meta = Meta {
    id: "scope-claim-type",
    requirements: &["rfc8693-4.2-scope-claim-string"],
    level: Level::Should,
    area: Area::Scopes,
    needs: &[Need::ZoneControl],
    ..Meta::CALM
};

impl Check for ScopeClaimType {
    fn meta(&self) -> &'static Meta {
        &META
    }

    async fn run(&self, cx: &Context) -> Verdict {
        let token = cx.accepted_token().await?;
        let tools = cx.survey().scoped_tools.iter().map(|tool| &tool.operation);
        let operation = tools.chain([cx.bearing_operation()]).next().unwrap_or(cx.bearing_operation());
        for (what, value) in [("an array", json!(token.scopes())), ("null", Value::Null), ("a number", json!(7))] {
            let odd = cx.sign(&token.but(|t| t.claim("scope", value)), "token whose scope is no string").await?;
            let request = cx.operation(operation).bearer(&odd);
            let reply = cx.send(&request.purpose(format!("{} with scope as {what}", operation.describe()))).await?;
            match reply.outcome() {
                Outcome::ServerError => {
                    return Err(Stop::violation(
                        format!("{} served or refused with scope as {what}", operation.describe()),
                        reply.describe(),
                    ));
                }
                _ if reply.is_in_front() => {
                    return Err(Stop::inconclusive(format!("scope as {what} got {}", reply.describe())));
                }
                Outcome::Served if what == "an array" => {
                    cx.remark("scopes as an array of strings were taken".to_owned());
                }
                _ => {}
            }
        }
        Ok(())
    }
}
