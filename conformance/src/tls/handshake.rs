//! Handshakes in chosen versions of TLS, without a word over the connection that they make.

use std::pin::Pin;
use std::time::Duration;

use openssl::error::ErrorStack;
use openssl::ssl::{Ssl, SslConnector, SslMethod, SslVerifyMode, SslVersion};
use tokio::net::TcpStream;
use tokio_openssl::SslStream;
use url::Url;

use crate::client::NoReply;
use crate::no_reply::innermost;

/// The versions that a handshake offers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Versions {
    /// TLS 1.3 alone (RFC 8446).
    V1_3,
    /// TLS 1.2 alone (RFC 5246).
    V1_2,
    /// TLS 1.0 and 1.1, which RFC 8996 forbids.
    Old,
}

/// What came of a handshake.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Handshake {
    /// Both sides agreed to this version.
    Agreed(&'static str),
    /// The server did not.
    Refused,
    /// No end came of it in time.
    Late,
    /// Our own library does not offer these versions.
    NotOffered,
}

/// Tries a handshake with the host of a URL. Whether the certificate is good is not asked.
///
/// # Errors
/// [`NoReply`] where no connection comes about.
pub async fn handshake(url: &Url, versions: Versions, within: Duration) -> Result<Handshake, NoReply> {
    let host = url.host_str().unwrap_or_default().trim_start_matches('[').trim_end_matches(']');
    let port = url.port_or_known_default().unwrap_or(443);
    let Ok(ssl) = offering(versions, host) else { return Ok(Handshake::NotOffered) };
    let stream = match tokio::time::timeout(within, TcpStream::connect((host, port))).await {
        Ok(connected) => connected.map_err(|error| NoReply::Connect(innermost(&error)))?,
        Err(_) => return Err(NoReply::ConnectTimeout(within)),
    };
    let Ok(mut stream) = SslStream::new(ssl, stream) else { return Ok(Handshake::NotOffered) };
    Ok(match tokio::time::timeout(within, Pin::new(&mut stream).connect()).await {
        Ok(Ok(())) => Handshake::Agreed(stream.ssl().version_str()),
        Ok(Err(error)) if error.ssl_error().is_some_and(is_our_own) => Handshake::NotOffered,
        Ok(Err(_)) => Handshake::Refused,
        Err(_) => Handshake::Late,
    })
}

fn offering(versions: Versions, host: &str) -> Result<Ssl, ErrorStack> {
    let mut connector = SslConnector::builder(SslMethod::tls_client())?;
    connector.set_verify(SslVerifyMode::NONE);
    let (oldest, newest) = match versions {
        Versions::V1_3 => (SslVersion::TLS1_3, SslVersion::TLS1_3),
        Versions::V1_2 => (SslVersion::TLS1_2, SslVersion::TLS1_2),
        Versions::Old => (SslVersion::TLS1, SslVersion::TLS1_1),
    };
    connector.set_min_proto_version(Some(oldest))?;
    connector.set_max_proto_version(Some(newest))?;
    if versions == Versions::Old {
        // OpenSSL 3 has them at no higher level: their signatures are by SHA-1.
        connector.set_cipher_list("ALL:@SECLEVEL=0")?;
    }
    connector.build().configure()?.verify_hostname(false).into_ssl(host)
}

/// Whether the library itself had nothing to offer, so that the server was asked nothing.
fn is_our_own(errors: &ErrorStack) -> bool {
    let nothing = ["no protocols available", "no ciphers available"];
    errors.errors().iter().any(|error| error.reason().is_some_and(|reason| nothing.contains(&reason)))
}

#[cfg(test)]
mod tests {
    use openssl::ssl::SslAcceptor;
    use tokio::net::TcpListener;

    use super::*;
    use crate::tls::{Authority, Front, Name};

    const WITHIN: Duration = Duration::from_secs(10);

    async fn front(acceptor: SslAcceptor) -> (Front, Url) {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        (Front::start(listener, address, acceptor), Url::parse(&format!("https://{address}/")).unwrap())
    }

    #[tokio::test]
    async fn current_versions_are_told_from_old_ones() {
        let identity = Authority::new().unwrap().issue(Name::Ip("127.0.0.1")).unwrap();
        let (_front, url) = front(identity.acceptor().unwrap()).await;
        assert_eq!(handshake(&url, Versions::V1_3, WITHIN).await.unwrap(), Handshake::Agreed("TLSv1.3"));
        assert_eq!(handshake(&url, Versions::V1_2, WITHIN).await.unwrap(), Handshake::Agreed("TLSv1.2"));
        assert_eq!(handshake(&url, Versions::Old, WITHIN).await.unwrap(), Handshake::Refused);
    }

    #[tokio::test]
    async fn where_nobody_listens_there_is_no_handshake() {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let url = Url::parse(&format!("https://{}/", listener.local_addr().unwrap())).unwrap();
        drop(listener);
        assert!(handshake(&url, Versions::V1_3, WITHIN).await.is_err());
    }
}
