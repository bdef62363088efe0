//! What is not critical is ignored.

use crate::check::{Area, Check, Level, Meta, Need, Verdict};
use crate::context::Context;
use crate::page;

page! {
    /// A header parameter that the server does not know does no harm
    ///
    /// # What it checks
    /// The zone signs the accepted token again with one more parameter in its JOSE header, which `crit` does not
    /// name. It must be served.
    ///
    /// # Why it matters
    /// Zones may add parameters; a server that refuses them goes down on that day.
    ///
    /// # How to fix it
    /// Ignore header parameters that you do not know, unless `crit` names them.
    ///
    /// # Reference
    /// RFC 7515 section 4.
    pub struct UnknownHeader;
}

const META: Meta = Meta {
    id: "unknown-header-parameter",
    requirements: &["rfc7515-4-unknown-header-ignored"],
    level: Level::Must,
    area: Area::TokenValidation,
    needs: &[Need::ZoneControl],
    ..Meta::CALM
};

impl Check for UnknownHeader {
    fn meta(&self) -> &'static Meta {
        &META
    }

    async fn run(&self, cx: &Context) -> Verdict {
        let token = cx.accepted_token().await?;
        let richer =
            cx.sign(&token.but(|t| t.header("x-conformance", "1")), "token with an unknown header parameter").await?;
        cx.call(&richer, "a token with an unknown header parameter").await?.expect_served()
    }
}
