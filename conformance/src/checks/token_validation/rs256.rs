//! The algorithm that everybody has.

use crate::check::{Area, Check, Level, Meta, Need, Verdict};
use crate::context::Context;
use crate::page;

page! {
    /// A token signed with RS256 is served
    ///
    /// # What it checks
    /// The zone signs the accepted token with RS256 and a key of 2048 bits. Where the server accepts another algorithm,
    /// it should accept this one as well.
    ///
    /// # Why it matters
    /// It is the one algorithm that all resource servers of the profile share, and the one that Keycard zones use.
    ///
    /// # How to fix it
    /// Put RS256 on the list of algorithms.
    ///
    /// # Reference
    /// RFC 9068 section 2.1. MCP does not require the profile, so this is a warning.
    pub struct Rs256;
}

const META: Meta = Meta {
    id: "rs256",
    requirements: &["rfc9068-2.1-rs256-supported"],
    level: Level::Should,
    area: Area::TokenValidation,
    needs: &[Need::ZoneControl],
    ..Meta::CALM
};

impl Check for Rs256 {
    fn meta(&self) -> &'static Meta {
        &META
    }

    async fn run(&self, cx: &Context) -> Verdict {
        let token = cx.accepted_token().await?;
        let common = cx.sign(&token.but(|t| t.header("alg", "RS256")), "token signed with RS256").await?;
        cx.call(&common, "a token signed with RS256").await?.expect_served()
    }
}
