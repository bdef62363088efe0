//! TLS in front of a server that speaks none, and what its clients make of the certificate.

use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use openssl::ssl::{Ssl, SslAcceptor};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use tokio_openssl::SslStream;

/// How long a client may take for its part of a handshake, and to say its first word.
const FIRST_WORD_WITHIN: Duration = Duration::from_secs(20);

/// A listener that takes off TLS and passes on what is inside; it stops when dropped.
#[derive(Debug)]
pub struct Front {
    state: Arc<Mutex<State>>,
    task: JoinHandle<()>,
}

/// What clients made of the certificate that is presented now.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Seen {
    /// Connections that were given up when the certificate had been shown.
    pub refused: usize,
    /// Connections over which something was sent all the same.
    pub used: usize,
}

struct State {
    acceptor: SslAcceptor,
    /// Counts the certificates, so that a connection is not held against a later one.
    turn: usize,
    seen: Seen,
}

impl std::fmt::Debug for State {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("State").field("turn", &self.turn).field("seen", &self.seen).finish_non_exhaustive()
    }
}

impl Front {
    /// Takes the connections of `listener`, and passes what comes over them on to `inner`.
    pub fn start(listener: TcpListener, inner: SocketAddr, acceptor: SslAcceptor) -> Self {
        let state = Arc::new(Mutex::new(State { acceptor, turn: 0, seen: Seen::default() }));
        let shared = Arc::clone(&state);
        let task = tokio::spawn(async move {
            loop {
                match listener.accept().await {
                    Ok((stream, _)) => drop(tokio::spawn(pass_on(stream, inner, Arc::clone(&shared)))),
                    // The client's doing, or a want of descriptors that passes.
                    Err(_) => tokio::time::sleep(Duration::from_millis(50)).await,
                }
            }
        });
        Self { state, task }
    }

    /// Presents another certificate from now on, and counts anew.
    pub fn present(&self, acceptor: SslAcceptor) {
        let mut state = lock(&self.state);
        *state = State { acceptor, turn: state.turn + 1, seen: Seen::default() };
    }

    /// What clients made of the present certificate so far.
    pub fn seen(&self) -> Seen {
        lock(&self.state).seen
    }
}

impl Drop for Front {
    fn drop(&mut self) {
        self.task.abort();
    }
}

fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn pass_on(stream: TcpStream, inner: SocketAddr, state: Arc<Mutex<State>>) {
    let (context, turn) = {
        let state = lock(&state);
        (state.acceptor.clone(), state.turn)
    };
    let count = |change: fn(&mut Seen)| {
        let mut state = lock(&state);
        if state.turn == turn {
            change(&mut state.seen);
        }
    };
    let Ok(ssl) = Ssl::new(context.context()) else { return };
    let Ok(mut stream) = SslStream::new(ssl, stream) else { return };
    let accepted = tokio::time::timeout(FIRST_WORD_WITHIN, Pin::new(&mut stream).accept()).await;
    let mut first = vec![0; 16 * 1024];
    let read = match accepted {
        Ok(Ok(())) => tokio::time::timeout(FIRST_WORD_WITHIN, stream.read(&mut first)).await.ok().and_then(Result::ok),
        // Without a cipher the client never saw the certificate: it spoke something else, or went away.
        _ if stream.ssl().current_cipher().is_none() => return,
        _ => None,
    };
    // Some look at the name after the handshake, and leave then.
    let Some(length) = read.filter(|length| *length > 0) else { return count(|seen| seen.refused += 1) };
    count(|seen| seen.used += 1);
    let Ok(mut within) = TcpStream::connect(inner).await else { return };
    if within.write_all(&first[..length]).await.is_ok() {
        // Either side may go when it likes.
        let _ = copy_bidirectional(&mut stream, &mut within).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tls::{Authority, Name};
    use crate::upstream::Upstream;

    async fn front(acceptor: SslAcceptor) -> (Front, Upstream, String) {
        let inner = Upstream::start().await.unwrap();
        let address = inner.url().trim_start_matches("http://").trim_end_matches('/').parse().unwrap();
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let url = format!("https://{}/", listener.local_addr().unwrap());
        (Front::start(listener, address, acceptor), inner, url)
    }

    #[tokio::test]
    async fn it_tells_who_goes_on_from_who_minds_the_certificate() {
        let authority = Authority::new().unwrap();
        let right = authority.issue(Name::Ip("127.0.0.1")).unwrap().acceptor().unwrap();
        let (front, inner, url) = front(right).await;
        let trusting = reqwest::Certificate::from_pem(&authority.pem().unwrap()).unwrap();
        let trusting = reqwest::Client::builder().no_proxy().tls_certs_merge([trusting]);
        let trusting = trusting.pool_max_idle_per_host(0).build().unwrap();
        let wary = reqwest::Client::builder().no_proxy().build().unwrap();

        assert!(trusting.get(&url).send().await.is_ok());
        assert_eq!(front.seen(), Seen { refused: 0, used: 1 });
        assert!(inner.was_asked_for("/"));

        assert!(wary.get(&url).send().await.is_err());
        settled(&front, Seen { refused: 1, used: 1 }).await;

        front.present(authority.issue(Name::Dns("other.example")).unwrap().acceptor().unwrap());
        assert_eq!(front.seen(), Seen::default());
        assert!(trusting.get(&url).send().await.is_err());
        settled(&front, Seen { refused: 1, used: 0 }).await;
    }

    #[tokio::test]
    async fn who_speaks_no_tls_has_seen_no_certificate() {
        let authority = Authority::new().unwrap();
        let (front, _inner, url) = front(authority.issue(Name::Ip("127.0.0.1")).unwrap().acceptor().unwrap()).await;
        let plain = url.replace("https", "http");
        assert!(reqwest::Client::builder().no_proxy().build().unwrap().get(&plain).send().await.is_err());
        assert_eq!(front.seen(), Seen::default());
    }

    /// Waits until the front has counted: the client may know of its refusal first.
    async fn settled(front: &Front, wanted: Seen) {
        let mut waits = crate::waits::Waits::within(Duration::from_secs(10));
        while front.seen() != wanted && waits.again().await {}
        assert_eq!(front.seen(), wanted);
    }
}
