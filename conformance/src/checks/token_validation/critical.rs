//! What must be understood, or else.

use serde_json::json;

use crate::check::{Area, Check, Level, Meta, Need, Stop, Verdict};
use crate::context::Context;
use crate::page;
use crate::reply::Outcome;

page! {
    /// A token with a critical parameter that the server does not know is refused
    ///
    /// # What it checks
    /// The zone signs the accepted token again with an unknown header parameter that `crit` names. It must be refused,
    /// while the same parameter without `crit` is served (the control).
    ///
    /// # Why it matters
    /// `crit` is how an issuer says that a token means something else to those who know the extension. A server that
    /// does not must not act on it.
    ///
    /// # How to fix it
    /// Refuse tokens whose header has `crit`, unless you implement all that it names.
    ///
    /// # Reference
    /// RFC 7515 section 4.1.11.
    pub struct CriticalParameter;
}

const META: Meta = Meta {
    id: "critical-parameter",
    requirements: &["rfc7515-4.1.11-crit-unknown"],
    level: Level::Must,
    area: Area::TokenValidation,
    needs: &[Need::ZoneControl],
    follows_from: &["garbage-token", "tampered-claims"],
    ..Meta::CALM
};

impl Check for CriticalParameter {
    fn meta(&self) -> &'static Meta {
        &META
    }

    async fn run(&self, cx: &Context) -> Verdict {
        let token = cx.accepted_token().await?;
        let harmless = token.but(|t| t.header("x-suite", 1));
        let mut critical = harmless.clone();
        critical.header("crit", json!(["x-suite"]));
        let harmless = cx.sign(&harmless, "token with an unknown header parameter").await?;
        let control = cx.call(&harmless, "the parameter without crit (control)").await?;
        if control.outcome() != Outcome::Served {
            // Then nothing says that it is refused for its `crit`; unknown-header-parameter judges the server for it.
            return Err(Stop::not_applicable(format!("without crit, the parameter got {}", control.describe())));
        }
        let critical = cx.sign(&critical, "token with a critical parameter").await?;
        cx.call(&critical, "a critical parameter that nobody knows").await?.expect_refused()
    }
}
