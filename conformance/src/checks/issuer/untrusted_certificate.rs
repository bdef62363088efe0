//! Keys are as trustworthy as the connection that they came over.

use std::time::Duration;

use openssl::ssl::SslAcceptor;
use serde_json::Value;
use url::Url;

use crate::check::{Area, Check, Level, Meta, Need, Revisions, Stop, Verdict};
use crate::client::Client;
use crate::context::Context;
use crate::mcp::{self, Operation, Session};
use crate::page;
use crate::reply::{Outcome, Reply};
use crate::scene::{Scene, SecureZone};
use crate::tls::{Authority, Name, Seen};
use crate::token::Token;
use crate::waits::Waits;

page! {
    /// Keys are fetched over TLS from nobody but the issuer
    ///
    /// # What it checks
    /// The server is started once more, with a zone of its own at an https issuer that presents a certificate of an authority
    /// that nobody knows. A token which that zone signs must be refused, and nothing may be fetched over such a connection.
    /// Then the zone presents a certificate for another host, by an authority that the server was told of in `SSL_CERT_FILE`,
    /// `NODE_EXTRA_CA_CERTS` and `REQUESTS_CA_BUNDLE`; and last the right one, to see whether it goes by these variables at all.
    /// Where it does not, that is remarked on, since a name in a certificate that is not trusted anyway proves nothing. It is
    /// inconclusive where the server does not come to the zone.
    ///
    /// # Why it matters
    /// Whoever can answer in the issuer's place, on the network or through DNS, gives the server keys of their own. Then every
    /// token that they sign is valid, whatever else is checked of it.
    ///
    /// # How to fix it
    /// Leave the checks of your HTTP client on: no `verify=False`, no `NODE_TLS_REJECT_UNAUTHORIZED=0`, no
    /// `danger_accept_invalid_certs`. For a test authority, add its certificate to those that are trusted.
    ///
    /// # Reference
    /// RFC 8414 section 6.2; RFC 9525.
    pub struct UntrustedCertificate;
}

const META: Meta = Meta {
    id: "issuer-untrusted-certificate",
    requirements: &["rfc8414-6.2-server-metadata-impersonation"],
    level: Level::Must,
    area: Area::Issuer,
    needs: &[Need::ZoneControl, Need::FaultInjection, Need::Launch],
    revisions: Revisions::Once,
    ..Meta::CALM
};

impl Check for UntrustedCertificate {
    fn meta(&self) -> &'static Meta {
        &META
    }

    async fn run(&self, cx: &Context) -> Verdict {
        let token = cx.accepted_token().await?;
        let known = Authority::new()?;
        let right = Name::Ip("127.0.0.1");
        // The unknown authority differs from the known one in nothing but that nobody was told of it.
        let started = SecureZone::start(Authority::new()?.issue(right)?.acceptor()?, &known).await;
        let zone = started.map_err(|error| Stop::Bug { what: error.to_string() })?;
        let Some(scene) = cx.scene_at(&zone).await else {
            // Some fetch keys before they listen, and go when they get none.
            return match zone.front.seen() {
                Seen { used: 0, refused: 1.. } => {
                    cx.remark("the server does not start while its zone cannot be trusted".to_owned());
                    Ok(())
                }
                Seen { used: 0, refused: 0 } => Err(Stop::NotTested { need: Need::Launch }),
                Seen { .. } => Err(used("an unknown authority")),
            };
        };
        let verdict = judge(cx, &token, &zone, &scene, &known).await;
        scene.server.lock().await.stop().await;
        verdict
    }
}

/// How long a server may take to come to its zone again after it has got nothing there.
const COMES_WITHIN: Duration = Duration::from_secs(3);

async fn judge(cx: &Context, token: &Token, zone: &SecureZone, scene: &Scene, known: &Authority) -> Verdict {
    let probe = Probe::new(cx, token, zone, scene).await?;
    if probe.without_token(cx).await?.outcome() != Outcome::Unauthorized {
        return Err(Stop::inconclusive(
            "the server that was started for this does not refuse a request without a token",
        ));
    }
    if !probe.is_refused(cx, zone, "an unknown authority").await? {
        return Err(Stop::inconclusive(
            "the server did not come to its zone, so it was not seen to look at a certificate",
        ));
    }
    if !cx.tells_authorities() {
        cx.remark(
            "no certificate for another host was presented: this server cannot be told of an authority".to_owned(),
        );
        return Ok(());
    }
    zone.front.present(acceptor(known, Name::Dns("other.example"))?);
    let came = probe.is_refused(cx, zone, "a known authority for another host").await?;
    zone.front.present(acceptor(known, Name::Ip("127.0.0.1"))?);
    if !came || !probe.is_served(cx, zone).await? {
        let why = "the server was not seen to trust the authority that it was told of";
        cx.remark(format!("that a certificate is for another host was not tested: {why}"));
    }
    Ok(())
}

fn acceptor(authority: &Authority, whom: Name<'_>) -> Result<SslAcceptor, Stop> {
    Ok(authority.issue(whom)?.acceptor()?)
}

/// The finding that something was fetched over a connection that ought not to have come about.
fn used(by: &str) -> Stop {
    let expected = format!("no fetch over a connection with a certificate of {by}");
    Stop::violation(expected, "the server sent a request over it")
}

/// The token of the new zone, and whom it is put to.
struct Probe {
    client: Client,
    url: Url,
    token: String,
}

impl Probe {
    /// The accepted token as the new zone would have issued it for the new server.
    async fn new(cx: &Context, token: &Token, zone: &SecureZone, scene: &Scene) -> Result<Self, Stop> {
        let control = &zone.control;
        let kid = control.active_key().await?.kid;
        let (old, new) = (origin(cx.url()), origin(&scene.url));
        let draft = token.but(|t| {
            t.claim("iss", control.issuer());
            t.header("kid", kid);
            if let Some(audience) = t.claims.get_mut("aud") {
                *audience = moved(audience, &old, &new);
            }
        });
        let token = cx.note(control.sign(&draft.header, &draft.claims).await?, "token of a zone under TLS");
        Ok(Self { client: cx.client_for(&scene.url)?, url: scene.url.clone(), token })
    }

    async fn without_token(&self, cx: &Context) -> Result<Reply, Stop> {
        let request = mcp::post(&self.url, &first(cx), cx.revision(), &Session::default());
        Ok(cx.send_over(&self.client, &request.purpose("no token, at the new server (control)")).await?)
    }

    async fn call(&self, cx: &Context, what: &str) -> Result<Reply, Stop> {
        let request = mcp::post(&self.url, &first(cx), cx.revision(), &Session::default()).bearer(&self.token);
        Ok(cx.send_over(&self.client, &request.purpose(what)).await?)
    }

    /// Whether the server turned away from the certificate that is presented; false where it did not look at it.
    ///
    /// # Errors
    /// A violation where it went on, or served the token.
    async fn is_refused(&self, cx: &Context, zone: &SecureZone, by: &str) -> Result<bool, Stop> {
        let what = format!("a token of an issuer with a certificate of {by}");
        let mut waits = Waits::within(COMES_WITHIN);
        loop {
            let reply = self.call(cx, &what).await?;
            if reply.outcome() == Outcome::Served {
                return Err(Stop::violation(format!("a refusal of {what}"), reply.describe()));
            }
            match zone.front.seen() {
                Seen { used: 1.., .. } => return Err(used(by)),
                Seen { refused: 1.., .. } => return Ok(true),
                Seen { .. } if !waits.again().await => return Ok(false),
                Seen { .. } => {}
            }
        }
    }

    /// Whether the token is served now that the certificate is right; at once false where the server turns away still.
    async fn is_served(&self, cx: &Context, zone: &SecureZone) -> Result<bool, Stop> {
        let mut waits = Waits::within(COMES_WITHIN);
        loop {
            let reply = self.call(cx, "the same token, now that the certificate is right (control)").await?;
            if reply.outcome() == Outcome::Served {
                return Ok(true);
            }
            if zone.front.seen().refused > 0 || !waits.again().await {
                return Ok(false);
            }
        }
    }
}

/// What is asked: it needs a token, and no session.
fn first(cx: &Context) -> Operation {
    if cx.revision().initializes() { Operation::Initialize } else { cx.bearing_operation().clone() }
}

fn origin(url: &Url) -> String {
    url.origin().ascii_serialization()
}

/// An audience with the new server's origin in place of the other's.
fn moved(audience: &Value, old: &str, new: &str) -> Value {
    match audience {
        Value::String(text) => match text.strip_prefix(old) {
            Some(rest) if rest.is_empty() || rest.starts_with('/') => format!("{new}{rest}").into(),
            _ => audience.clone(),
        },
        Value::Array(all) => all.iter().map(|one| moved(one, old, new)).collect(),
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_audience_goes_with_its_server() {
        let moved = |audience: Value| moved(&audience, "http://a:1", "http://a:2");
        assert_eq!(moved(json!("http://a:1/mcp")), json!("http://a:2/mcp"));
        assert_eq!(moved(json!(["http://a:1", "http://a:11/mcp"])), json!(["http://a:2", "http://a:11/mcp"]));
        assert_eq!(moved(json!("urn:mcp")), json!("urn:mcp"));
    }
}
