//! Tokens end.

use crate::check::{Area, Check, Level, Meta, Need, Verdict};
use crate::context::Context;
use crate::page;

page! {
    /// An expired token is refused
    ///
    /// # What it checks
    /// The zone signs the accepted token again with `exp` ten minutes, an hour and ten years ago, `iat` before that.
    /// None may be served; ten minutes are more than any leeway for clocks.
    ///
    /// # Why it matters
    /// A token that never ends cannot be taken back: whoever finds it in a log or a backup is that user for good.
    ///
    /// # How to fix it
    /// Have your JWT library check `exp`, with a leeway of at most a few minutes.
    ///
    /// # Reference
    /// RFC 9068 section 4; RFC 7519 section 4.1.4; OAuth 2.1 section 5.2.
    pub struct ExpiredToken;
}

const META: Meta = Meta {
    id: "expired-token",
    requirements: &["rfc9068-4-exp"],
    level: Level::Must,
    area: Area::TokenValidation,
    needs: &[Need::ZoneControl],
    follows_from: &["garbage-token"],
    ..Meta::CALM
};

impl Check for ExpiredToken {
    fn meta(&self) -> &'static Meta {
        &META
    }

    async fn run(&self, cx: &Context) -> Verdict {
        let token = cx.accepted_token().await?;
        for (age, seconds) in [("ten minutes", 600), ("an hour", 3600), ("ten years", 315_576_000)] {
            let expired_at = cx.now() - seconds;
            let draft = token.but(|t| {
                t.claim("iat", expired_at - 3600);
                t.claim("exp", expired_at);
            });
            let expired = cx.sign(&draft, "expired token").await?;
            cx.call(&expired, &format!("a token that expired {age} ago")).await?.expect_refused()?;
        }
        Ok(())
    }
}
