//! Accepting connections on several addresses at once, and severing one in mid-request when a fault asks for it.

use std::future::poll_fn;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use axum::extract::connect_info::Connected;
use axum::serve::IncomingStream;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, Sleep};

/// How long a connection may say nothing. Longer than the longest delay that a fault can ask for.
const IDLE: Duration = Duration::from_secs(330);

/// Several listening sockets that are one to the server: `localhost` is 127.0.0.1 or ::1, as the client likes.
pub(crate) struct Listeners {
    sockets: Vec<TcpListener>,
    /// The socket asked first next time, so that a busy one does not starve the others.
    next: usize,
    places: Arc<Semaphore>,
}

impl Listeners {
    /// Listens on all of `sockets`, serving at most `connections` at once; more wait in the sockets' queues.
    pub(crate) fn new(sockets: Vec<TcpListener>, connections: usize) -> Self {
        Self { sockets, next: 0, places: Arc::new(Semaphore::new(connections.clamp(1, Semaphore::MAX_PERMITS))) }
    }

    fn poll_accept(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<(TcpStream, SocketAddr)>> {
        for step in 0..self.sockets.len() {
            let index = (self.next + step) % self.sockets.len();
            if let Poll::Ready(accepted) = self.sockets[index].poll_accept(cx) {
                self.next = index + 1;
                return Poll::Ready(accepted);
            }
        }
        Poll::Pending
    }
}

impl axum::serve::Listener for Listeners {
    type Io = Connection;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Self::Io, Self::Addr) {
        // The semaphore is never closed; were it, nothing more is served.
        let Ok(place) = Arc::clone(&self.places).acquire_owned().await else {
            return std::future::pending().await;
        };
        loop {
            match poll_fn(|cx| self.poll_accept(cx)).await {
                Ok((stream, address)) => return (Connection::new(stream, place), address),
                Err(error) if is_the_peers_doing(&error) => {}
                Err(error) => {
                    // Out of file descriptors, most likely: trying again at once would only burn the processor.
                    tracing::error!(%error, "cannot accept a connection; trying again in a second");
                    tokio::time::sleep(Duration::from_secs(1)).await;
                }
            }
        }
    }

    fn local_addr(&self) -> io::Result<Self::Addr> {
        self.sockets.first().ok_or_else(|| io::Error::other("nothing is listening"))?.local_addr()
    }
}

fn is_the_peers_doing(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::ConnectionRefused | io::ErrorKind::ConnectionAborted | io::ErrorKind::ConnectionReset
    )
}

/// A connection that ends when it is severed, or when nothing moves for too long.
pub(crate) struct Connection {
    stream: TcpStream,
    severed: Severing,
    idle: Pin<Box<Sleep>>,
    _place: OwnedSemaphorePermit,
}

impl Connection {
    fn new(stream: TcpStream, place: OwnedSemaphorePermit) -> Self {
        // Answers are small and written at once; waiting for more only adds latency. A socket that does not know the
        // option still works.
        let _ = stream.set_nodelay(true);
        Self { stream, severed: Severing::default(), idle: Box::pin(tokio::time::sleep(IDLE)), _place: place }
    }

    fn moved(&mut self) {
        self.idle.as_mut().reset(Instant::now() + IDLE);
    }

    /// Fails where the connection must not go on.
    fn check(&mut self) -> io::Result<()> {
        if self.severed.0.load(Ordering::Acquire) {
            return Err(io::ErrorKind::ConnectionReset.into());
        }
        Ok(())
    }
}

impl AsyncRead for Connection {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        self.check()?;
        match Pin::new(&mut self.stream).poll_read(cx, buf) {
            Poll::Ready(read) => {
                self.moved();
                Poll::Ready(read)
            }
            Poll::Pending => {
                ready!(self.idle.as_mut().poll(cx));
                Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
            }
        }
    }
}

impl AsyncWrite for Connection {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.check()?;
        let written = ready!(Pin::new(&mut self.stream).poll_write(cx, bytes));
        self.moved();
        Poll::Ready(written)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.check()?;
        let written = ready!(Pin::new(&mut self.stream).poll_write_vectored(cx, bytes));
        self.moved();
        Poll::Ready(written)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
}

/// Ends a connection: not another byte is read from it or written to it.
#[derive(Clone, Default)]
pub(crate) struct Severing(Arc<AtomicBool>);

impl Severing {
    pub(crate) fn sever(&self) {
        self.0.store(true, Ordering::Release);
    }
}

/// What a handler may know of its connection.
#[derive(Clone)]
pub(crate) struct Peer {
    pub(crate) ip: IpAddr,
    pub(crate) connection: Severing,
}

impl Peer {
    /// Whether it is a program on this machine.
    pub(crate) fn is_local(&self) -> bool {
        self.ip.to_canonical().is_loopback()
    }

    #[cfg(test)]
    pub(crate) fn at(ip: IpAddr) -> Self {
        Self { ip, connection: Severing::default() }
    }
}

impl Connected<IncomingStream<'_, Listeners>> for Peer {
    fn connect_info(stream: IncomingStream<'_, Listeners>) -> Self {
        Self { ip: stream.remote_addr().ip(), connection: stream.io().severed.clone() }
    }
}
