//! Whoever calls does not say where.

use url::Url;

use super::own;
use crate::check::{Area, Check, Level, Meta, Need, Stop, Verdict};
use crate::context::Context;
use crate::page;
use crate::reply::Outcome;

page! {
    /// The server does not take its own name from the request
    ///
    /// # What it checks
    /// The zone signs the accepted token for the same path on another host. It must be refused, as it is under the
    /// server's own name (the control), also where `Host` or a forwarding header (`X-Forwarded-Host`, `Forwarded`) says
    /// that the request is for that host. What a guard for hosts answers is a refusal here, too.
    ///
    /// # Why it matters
    /// A server that believes the request about its own name accepts tokens for any name: whoever holds a token for
    /// another server sends that server's name along.
    ///
    /// # How to fix it
    /// Configure the resource identifier; never build it from the request.
    ///
    /// # Reference
    /// MCP 2025-11-25, Authorization, "Token Handling": tokens are issued for the server specifically.
    pub struct AudienceFromHost;
}

const META: Meta = Meta {
    id: "audience-from-host",
    requirements: &["mcp-auth-audience-not-from-request"],
    level: Level::Must,
    area: Area::Audience,
    needs: &[Need::ZoneControl],
    follows_from: &["garbage-token", "audience-other"],
    ..Meta::CALM
};

impl Check for AudienceFromHost {
    fn meta(&self) -> &'static Meta {
        &META
    }

    async fn run(&self, cx: &Context) -> Verdict {
        let token = cx.accepted_token().await?;
        let own = own(&token).as_str().and_then(|aud| Url::parse(aud).ok()).filter(Url::has_host);
        let own = own.unwrap_or_else(|| cx.url().clone());
        for scheme in ["https", own.scheme()] {
            let audience = format!("{scheme}://{ELSEWHERE}{}", own.path());
            let foreign = cx.sign(&token.but(|t| t.claim("aud", audience.as_str())), "token for another host").await?;
            let control = cx.call(&foreign, "a token for another host (control)").await?;
            if control.outcome() == Outcome::Served {
                return Err(Stop::not_applicable("it is served without that host's name, which audience-other judges"));
            }
            control.expect_refused()?;
            let request = || cx.bearing().bearer(&foreign);
            let requests = [
                request().header("host", ELSEWHERE).purpose("a token for another host, whose name is in Host"),
                request()
                    .header("x-forwarded-host", ELSEWHERE)
                    .header("x-forwarded-proto", scheme)
                    .purpose("a token for another host, whose name is in X-Forwarded-Host"),
                request()
                    .header("forwarded", &format!("host={ELSEWHERE};proto={scheme}"))
                    .purpose("a token for another host, whose name is in Forwarded"),
            ];
            for request in requests {
                let reply = cx.send(&request).await?;
                // What turns a foreign Host away, an error, a redirect or another site's page, has not served the token.
                let turned_away = !reply.status.is_server_error() && reply.outcome() != Outcome::Served;
                if !turned_away || reply.refuses_with_result() {
                    reply.expect_refused()?;
                }
            }
        }
        Ok(())
    }
}

/// A host that is not the server's.
const ELSEWHERE: &str = "other.example";
