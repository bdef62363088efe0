//! A connection is as good as the oldest version that both ends agree to.

use url::Url;

use crate::check::{Area, Check, Level, Meta, Revisions, Stop, Verdict};
use crate::context::Context;
use crate::discovery::is_loopback;
use crate::page;
use crate::tls::{Handshake, Versions, handshake};

page! {
    /// The metadata come over TLS 1.2 or 1.3, and over nothing older
    ///
    /// # What it checks
    /// Handshakes are made with the host of each metadata document: with TLS 1.3 alone and with TLS 1.2 alone, one of which
    /// must come about, and with TLS 1.0 and 1.1, which must not. It is inconclusive where the suite's own library does not
    /// offer those. Where the document is at the default port of https, the same path is asked over plain http, which must not
    /// serve it. Loopback over plain http is development, and not held to it.
    ///
    /// # Why it matters
    /// The document says where tokens are to be had. Who can change it on the way sends clients to an authorization server of
    /// their own.
    ///
    /// # How to fix it
    /// Serve TLS 1.2 and 1.3 alone, and redirect plain http to https.
    ///
    /// # Reference
    /// RFC 9728 section 7.1; RFC 8996; BCP 195.
    pub struct TlsVersions;
}

const META: Meta = Meta {
    id: "tls-versions",
    requirements: &["rfc9728-7.1-tls"],
    level: Level::Must,
    area: Area::Security,
    revisions: Revisions::Once,
    ..Meta::CALM
};

impl Check for TlsVersions {
    fn meta(&self) -> &'static Meta {
        &META
    }

    async fn run(&self, cx: &Context) -> Verdict {
        let mut places: Vec<Url> = cx.discovery().documents().into_iter().map(|(place, _)| place.url.clone()).collect();
        if places.is_empty() {
            return Err(Stop::not_applicable("no metadata document was found, which metadata-published judges"));
        }
        if let Some(plain) = places.iter().find(|url| url.scheme() != "https" && !is_loopback(url)) {
            return Err(Stop::violation("the metadata document over TLS", format!("it is at {plain}")));
        }
        places.retain(|url| url.scheme() == "https");
        if places.is_empty() {
            return Err(Stop::not_applicable("the server is on loopback and asked over plain http, for development"));
        }
        for url in &places {
            serves_no_plain_twin(cx, url).await?;
        }
        // Documents of one host came over the same TLS.
        places.dedup_by_key(|url| url.origin());
        for url in &places {
            judge(cx, url).await?;
        }
        Ok(())
    }
}

async fn judge(cx: &Context, url: &Url) -> Verdict {
    let within = cx.options().timeout;
    let host = url.origin().ascii_serialization();
    let newest = handshake(url, Versions::V1_3, within).await?;
    let older = handshake(url, Versions::V1_2, within).await?;
    if ![&newest, &older].iter().any(|came| matches!(came, Handshake::Agreed(_))) {
        let because = format!("the document came over TLS, and a handshake with {host} alone came to nothing");
        return Err(Stop::inconclusive(because));
    }
    match handshake(url, Versions::Old, within).await? {
        Handshake::Refused => Ok(()),
        Handshake::Agreed(version) => {
            Err(Stop::violation(format!("TLS 1.2 or 1.3 with {host}, and nothing older"), format!("{version} too")))
        }
        Handshake::Late => Err(Stop::inconclusive(format!("{host} came to no end of a handshake with TLS 1.0 or 1.1"))),
        Handshake::NotOffered => {
            Err(Stop::inconclusive("the TLS library of this machine does not offer TLS 1.0 and 1.1 any more"))
        }
    }
}

/// Passes where the same document is not served at port 80.
async fn serves_no_plain_twin(cx: &Context, url: &Url) -> Verdict {
    let mut twin = url.clone();
    if url.port().is_some() || is_loopback(url) || twin.set_scheme("http").is_err() {
        return Ok(());
    }
    // Who gives no answer there serves nobody.
    let Ok(reply) = cx.fetch(twin.clone(), "metadata over http").await else { return Ok(()) };
    if reply.status.is_success() && reply.json().is_some_and(|body| body.is_object()) {
        return Err(Stop::violation("a redirect or a refusal over plain http", format!("200 from {twin}")));
    }
    Ok(())
}
