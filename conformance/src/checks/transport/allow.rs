//! What is not allowed comes with what is.

use http::{Method, StatusCode};

use crate::check::{Area, Check, Level, Meta, Need, Stop, Verdict};
use crate::context::Context;
use crate::mcp;
use crate::page;
use crate::text::quoted;

page! {
    /// A 405 names the methods that are allowed
    ///
    /// # What it checks
    /// GET, DELETE and PUT are sent with the accepted token, in a session opened for it where the server has sessions.
    /// Each 405 must have an `Allow` that names POST. Where none is answered 405, the check does not apply.
    ///
    /// # Why it matters
    /// The field is how a client tells a method that is never there from a wrong address.
    ///
    /// # How to fix it
    /// Let the framework's router answer 405, or send `Allow: POST` with it.
    ///
    /// # Reference
    /// RFC 9110 section 15.5.6.
    pub struct Allow;
}

const META: Meta = Meta {
    id: "method-allow",
    requirements: &["rfc9110-15.5.6-405-allow"],
    level: Level::Must,
    area: Area::Transport,
    needs: &[Need::ValidToken],
    ..Meta::CALM
};

impl Check for Allow {
    fn meta(&self) -> &'static Meta {
        &META
    }

    async fn run(&self, cx: &Context) -> Verdict {
        let token = cx.served_token().await?;
        let session = cx.open_session(&token.compact, "the accepted token").await?.map_err(|refusal| {
            Stop::inconclusive(format!("the accepted token could open no session: {}", refusal.describe()))
        })?;
        let mut judged = 0;
        for method in [Method::GET, Method::PUT, Method::DELETE] {
            let request = mcp::other(cx.url(), method.clone(), cx.revision(), &session).bearer(&token.compact);
            let reply = cx.send(&request.purpose(format!("{method} with the accepted token"))).await?;
            if reply.status != StatusCode::METHOD_NOT_ALLOWED {
                continue;
            }
            let fields = reply.headers.get_all("allow").iter().filter_map(|value| value.to_str().ok());
            let allowed = fields.collect::<Vec<_>>().join(", ");
            if !allowed.split(',').any(|allowed| allowed.trim() == "POST") {
                return Err(Stop::violation(format!("Allow with POST in the 405 for {method}"), quoted(&allowed)));
            }
            judged += 1;
        }
        if judged == 0 { Err(Stop::not_applicable("no method was answered 405")) } else { Ok(()) }
    }
}
