//! Secrets that stand in tutorials.

use serde_json::Value;

use crate::check::{Area, Check, Level, Meta, Need, Verdict};
use crate::context::Context;
use crate::page;

page! {
    /// A token keyed with a well-known secret is refused
    ///
    /// # What it checks
    /// The claims of the accepted token are signed with HS256 under a short list of secrets that stand in
    /// tutorials, under the client id, and under the empty one. None may be served.
    ///
    /// # Why it matters
    /// A development secret left in place lets whoever reads the same tutorial be any user.
    ///
    /// # How to fix it
    /// Accept the asymmetric algorithms of your zone only.
    ///
    /// # Reference
    /// RFC 8725 section 3.5; RFC 7518 section 3.2.
    pub struct WeakSecret;
}

const META: Meta = Meta {
    id: "weak-secret",
    requirements: &["rfc8725-3.5-weak-hmac-secret"],
    level: Level::Must,
    area: Area::TokenValidation,
    needs: &[Need::ValidToken],
    follows_from: &["garbage-token", "tampered-claims"],
    ..Meta::CALM
};

impl Check for WeakSecret {
    fn meta(&self) -> &'static Meta {
        &META
    }

    async fn run(&self, cx: &Context) -> Verdict {
        let token = cx.accepted_token().await?;
        let draft = token.but(|t| t.header("alg", "HS256"));
        let client = token.claims.get("client_id").and_then(Value::as_str).unwrap_or_default();
        for secret in ["secret", "your-256-bit-secret", "changeme", "password", "test", client, ""] {
            let forged = cx.note(draft.signed_with_secret(secret.as_bytes())?, "token keyed with a well-known secret");
            cx.call(&forged, "HS256 under a well-known secret").await?.expect_refused()?;
        }
        // Where the name of a key is the path of a file, its content is well known too.
        for path in ["/dev/null", "../../../../../../../../dev/null"] {
            let named = token.but(|t| {
                t.header("alg", "HS256");
                t.header("kid", path);
            });
            let forged = cx.note(named.signed_with_secret(b"")?, "token keyed with an empty file");
            cx.call(&forged, "HS256 under an empty file that kid names").await?.expect_refused()?;
        }
        Ok(())
    }
}
