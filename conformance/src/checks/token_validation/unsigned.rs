//! `alg: none` in the spellings that have fooled libraries.

use crate::check::{Area, Check, Level, Meta, Need, Verdict};
use crate::context::Context;
use crate::page;
use crate::text::quoted;

page! {
    /// An unsigned token is refused
    ///
    /// # What it checks
    /// The claims of the accepted token are sent with `alg` none, None, nOnE and empty, with an empty signature,
    /// with the accepted one's, and without a third segment. None of them may be served.
    ///
    /// # Why it matters
    /// Whoever can write JSON could be any user.
    ///
    /// # How to fix it
    /// Give the verifier a fixed list of algorithms (RS256 for a Keycard zone); never take it from the token's header.
    ///
    /// # Reference
    /// RFC 9068 section 4; RFC 8725 section 3.1; RFC 7519 section 6.
    pub struct UnsignedToken;
}

const META: Meta = Meta {
    id: "unsigned-token",
    requirements: &["rfc9068-4-alg-none"],
    level: Level::Must,
    area: Area::TokenValidation,
    needs: &[Need::ValidToken],
    follows_from: &["garbage-token", "garbage-token-crash"],
    ..Meta::CALM
};

impl Check for UnsignedToken {
    fn meta(&self) -> &'static Meta {
        &META
    }

    async fn run(&self, cx: &Context) -> Verdict {
        let token = cx.accepted_token().await?;
        let (_, _, signature) = token.segments();
        // The algorithm is right, and there is nothing to verify: an empty signature is none.
        let forged = cx.note(token.but(|_| {}).with_signature(""), "unsigned token");
        cx.call(&forged, "the accepted algorithm and an empty signature").await?.expect_refused()?;
        for alg in ["none", "None", "nOnE", ""] {
            let draft = token.but(|t| t.header("alg", alg));
            let (empty, kept) = (draft.with_signature(""), draft.with_signature(signature));
            let two_segments = empty.trim_end_matches('.').to_owned();
            for (how, forged) in
                [("no signature", empty), ("the accepted signature", kept), ("no third segment", two_segments)]
            {
                let forged = cx.note(forged, "unsigned token");
                cx.call(&forged, &format!("alg {} and {how}", quoted(alg))).await?.expect_refused()?;
            }
        }
        Ok(())
    }
}
