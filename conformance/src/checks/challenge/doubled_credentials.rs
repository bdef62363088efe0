//! Two answers to one question.

use http::StatusCode;

use crate::check::{Area, Check, Level, Meta, Need, Stop, Verdict};
use crate::context::Context;
use crate::page;
use crate::text::quoted;

page! {
    /// A token that is sent twice is refused
    ///
    /// # What it checks
    /// The request that was just served is sent with two Authorization fields that hold the same accepted token. It
    /// should be refused with 400 and `error="invalid_request"`; 401 is remarked on.
    ///
    /// # Why it matters
    /// Where two programs read one request, one may take the first field and the other the last. Whoever sends both
    /// decides which program sees which token.
    ///
    /// # How to fix it
    /// Refuse a request that has more than one Authorization field. Frameworks often hand on only one of them, so look
    /// at the list.
    ///
    /// # Reference
    /// RFC 6750 section 3.1.
    pub struct DoubledCredentials;
}

const META: Meta = Meta {
    id: "doubled-credentials",
    requirements: &["rfc6750-3.1-invalid-request-400"],
    level: Level::Should,
    area: Area::Challenge,
    needs: &[Need::ValidToken],
    ..Meta::CALM
};

impl Check for DoubledCredentials {
    fn meta(&self) -> &'static Meta {
        &META
    }

    async fn run(&self, cx: &Context) -> Verdict {
        let token = cx.accepted_token().await?;
        let request = cx.bearing().bearer(&token.compact).bearer(&token.compact).purpose("the accepted token twice");
        let reply = cx.send(&request).await?;
        if reply.is_in_front() || matches!(reply.status.as_u16(), 502..=504) {
            return Err(Stop::inconclusive(format!("the accepted token twice got {}", reply.describe())));
        }
        let error = reply.bearer_challenge().and_then(|challenge| challenge.param("error").map(str::to_owned));
        match reply.status {
            StatusCode::UNAUTHORIZED if !reply.refuses_with_result() => {
                cx.remark("the accepted token twice got 401".to_owned());
                Ok(())
            }
            StatusCode::BAD_REQUEST if error.as_deref() == Some("invalid_request") && !reply.refuses_with_result() => {
                Ok(())
            }
            _ => {
                let error = error.map(|error| format!(", error={}", quoted(&error))).unwrap_or_default();
                Err(Stop::violation("400 with error=\"invalid_request\"", format!("{}{error}", reply.describe())))
            }
        }
    }
}
