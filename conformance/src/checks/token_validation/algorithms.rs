//! Only what the zone signs with.

use crate::check::{Area, Check, Level, Meta, Need, Verdict};
use crate::context::Context;
use crate::page;

page! {
    /// A token of an algorithm that the zone does not use is refused
    ///
    /// # What it checks
    /// The claims of the accepted token are signed with HS256, HS384, PS512, ES512 and EdDSA under fresh keys, each
    /// under the `kid` of the zone's key. None may be served.
    ///
    /// # Why it matters
    /// Some libraries take an algorithm that they do not know for one that needs no check, or look for its key in the
    /// wrong place. What the list of algorithms does not name cannot go wrong.
    ///
    /// # How to fix it
    /// Give the verifier a fixed list of algorithms (RS256 for a Keycard zone).
    ///
    /// # Reference
    /// RFC 8725 section 3.1; OAuth 2.1 section 5.2.
    pub struct AlgorithmList;
}

const META: Meta = Meta {
    id: "algorithm-list",
    requirements: &["rfc8725-3.1-alg-allowlist"],
    level: Level::Must,
    area: Area::TokenValidation,
    needs: &[Need::ValidToken],
    follows_from: &["garbage-token", "unsigned-token", "tampered-claims"],
    ..Meta::CALM
};

impl Check for AlgorithmList {
    fn meta(&self) -> &'static Meta {
        &META
    }

    async fn run(&self, cx: &Context) -> Verdict {
        let token = cx.accepted_token().await?;
        let usual = token.header.get("alg").cloned().unwrap_or_default();
        for algorithm in ["HS256", "HS384", "PS512", "ES512", "EdDSA"].into_iter().filter(|name| usual != *name) {
            let forged = token.but(|t| t.header("alg", algorithm)).signed_with_key(cx.foreign_key().await?)?;
            let forged = cx.note(forged, "token of another algorithm");
            cx.call(&forged, &format!("a token signed by a stranger with {algorithm}")).await?.expect_refused()?;
        }
        Ok(())
    }
}
