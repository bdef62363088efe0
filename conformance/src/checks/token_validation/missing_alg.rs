//! A signature of no kind.

use super::expect_refused_calmly;
use crate::check::{Area, Check, Level, Meta, Need, Verdict};
use crate::context::Context;
use crate::page;

page! {
    /// A token that names no algorithm is refused
    ///
    /// # What it checks
    /// The zone signs the accepted token again with RS256, its header without `alg`. It must be refused, and without an
    /// error of the server.
    ///
    /// # Why it matters
    /// The parameter is required. A server that guesses it decides on a token that other parts of the system cannot
    /// read.
    ///
    /// # How to fix it
    /// Have your JWT library check `alg` against a fixed list; a missing one is on no list.
    ///
    /// # Reference
    /// RFC 7515 section 4.1.1.
    pub struct MissingAlg;
}

const META: Meta = Meta {
    id: "missing-alg",
    requirements: &["rfc7515-4.1.1-alg-present"],
    level: Level::Must,
    area: Area::TokenValidation,
    needs: &[Need::ZoneControl],
    follows_from: &["garbage-token", "tampered-claims"],
    ..Meta::CALM
};

impl Check for MissingAlg {
    fn meta(&self) -> &'static Meta {
        &META
    }

    async fn run(&self, cx: &Context) -> Verdict {
        let token = cx.accepted_token().await?;
        let nameless = cx.sign(&token.but(|t| t.without_header("alg")), "token without alg").await?;
        expect_refused_calmly(&cx.call(&nameless, "a token without alg").await?)
    }
}
