//! Signatures that can be made to collide.

use crate::check::{Area, Check, Level, Meta, Need, Verdict};
use crate::context::Context;
use crate::page;

page! {
    /// A token signed with SHA-1 is refused
    ///
    /// # What it checks
    /// The zone signs the accepted token again with its own RSA key and SHA-1 (`alg` RS1). It should not be served.
    ///
    /// # Why it matters
    /// Two documents with the same SHA-1 hash can be made. Whoever gets one of them signed has a signature for the
    /// other.
    ///
    /// # How to fix it
    /// Give the verifier a fixed list of current algorithms (RS256 for a Keycard zone).
    ///
    /// # Reference
    /// RFC 8725 section 3.2. No MCP revision cites it, and only the zone could make such a token, so this is a warning.
    pub struct WeakAlgorithm;
}

const META: Meta = Meta {
    id: "weak-algorithm",
    requirements: &["rfc8725-3.2-weak-algorithms"],
    level: Level::Should,
    area: Area::TokenValidation,
    needs: &[Need::ZoneControl],
    follows_from: &["garbage-token", "tampered-claims", "algorithm-list"],
    ..Meta::CALM
};

impl Check for WeakAlgorithm {
    fn meta(&self) -> &'static Meta {
        &META
    }

    async fn run(&self, cx: &Context) -> Verdict {
        let token = cx.accepted_token().await?;
        let weak = cx.sign(&token.but(|t| t.header("alg", "RS1")), "token signed with SHA-1").await?;
        cx.call(&weak, "a token signed with SHA-1").await?.expect_refused()
    }
}
