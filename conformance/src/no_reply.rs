//! Why a request got no answer, in plain words.

use std::error::Error;
use std::time::Duration;

/// Why a request got no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoReply {
    /// Nothing came in time.
    #[error("no answer within {0:?}")]
    Timeout(Duration),
    /// Not even a connection came about in time.
    #[error("no connection within {0:?}")]
    ConnectTimeout(Duration),
    /// The host's name leads to no address.
    #[error("its host name leads to no address ({0})")]
    Unresolved(String),
    /// The connection could not be made.
    #[error("could not connect: {0}")]
    Connect(String),
    /// A connection was made, and TLS did not come about on it.
    #[error("{0}")]
    Tls(TlsFailure),
    /// The connection was closed, or what came was no HTTP.
    #[error("the connection broke: {0}")]
    Broken(String),
    /// An answer began and did not end, in time or within the bound on bodies.
    #[error("an answer that does not end")]
    Endless,
    /// The suite was about to send a credential to another origin.
    #[error("refusing to send a credential to {0}, which is not the target's origin")]
    ForeignOrigin(String),
}

/// What TLS failed of.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TlsFailure {
    /// What listens there answers in something else.
    #[error("what listens there does not speak TLS")]
    NotSpoken,
    /// The certificate vouches for itself, or an authority of its chain does that nobody trusts.
    #[error("its certificate is self-signed")]
    SelfSigned,
    /// The certificate's issuer is not among the trusted ones.
    #[error("its certificate was issued by nobody whom this machine trusts")]
    UnknownIssuer,
    /// The certificate is too old.
    #[error("its certificate has expired")]
    Expired,
    /// The certificate is too young.
    #[error("its certificate is not valid yet")]
    NotYetValid,
    /// The certificate is for others.
    #[error("its certificate is for another name")]
    WrongName,
    /// Anything else, in the TLS library's words.
    #[error("TLS failed: {0}")]
    Other(String),
}

impl NoReply {
    /// What an error of the HTTP client means, on a connection and an exchange with these bounds.
    pub fn of(error: &reqwest::Error, connect_within: Duration, within: Duration) -> Self {
        let chain = chain(error);
        let cause = innermost(error);
        // A request's bound may be the shorter one, and then it is the one that was reached.
        if error.is_timeout() && error.is_connect() {
            return Self::ConnectTimeout(connect_within);
        }
        if error.is_timeout() {
            return Self::Timeout(within);
        }
        if !error.is_connect() {
            return Self::Broken(cause);
        }
        if chain.contains("dns error") {
            return Self::Unresolved(cause);
        }
        match TlsFailure::of(&chain) {
            Some(failure) => Self::Tls(failure),
            None => Self::Connect(cause),
        }
    }
}

impl TlsFailure {
    /// What OpenSSL's words mean; none where they are not about TLS. They are all that the layers above pass on.
    fn of(chain: &str) -> Option<Self> {
        let says = |words: &[&str]| words.iter().any(|word| chain.contains(word));
        let is_tls = says(&["SSL routines", "certificate verify failed", "unexpected EOF during handshake"]);
        Some(match () {
            () if !is_tls => return None,
            // Whoever speaks HTTP answers the greeting with text, which OpenSSL takes for a record of another version.
            () if says(&["wrong version number", "http request", "packet length too long"]) => Self::NotSpoken,
            () if says(&["self-signed certificate", "self signed certificate"]) => Self::SelfSigned,
            () if says(&["unable to get local issuer", "unable to verify the first"]) => Self::UnknownIssuer,
            () if says(&["certificate has expired"]) => Self::Expired,
            () if says(&["certificate is not yet valid"]) => Self::NotYetValid,
            () if says(&["hostname mismatch", "IP address mismatch"]) => Self::WrongName,
            () => {
                let words = chain.rsplit(": ").find(|part| part.contains("SSL routines")).unwrap_or(chain);
                Self::Other(crate::text::printable(words))
            }
        })
    }
}

/// The last error of a chain: reqwest's own text is "error sending request", which helps nobody.
pub fn innermost(error: &dyn Error) -> String {
    let mut cause = error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    cause.to_string()
}

fn chain(error: &dyn Error) -> String {
    let mut links = vec![error.to_string()];
    let mut source = error.source();
    while let Some(error) = source {
        links.push(error.to_string());
        source = error.source();
    }
    links.join(": ")
}
