//! Accepting connections: so many at once, and none that takes a place without using it.

use std::{
    future::Future,
    io,
    net::SocketAddr,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
    time::Duration,
};

use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::{TcpListener, TcpStream},
    sync::{OwnedSemaphorePermit, Semaphore},
    time::{Instant, Sleep, sleep},
};

/// How many connections are served at once, on all sockets together; half of the files that a process may
/// usually have open. More wait in the sockets' queues.
const CONNECTIONS: usize = 512;

/// How long a connection may go without an answer: while it is idle, while a request comes in however
/// slowly, while one is worked on, and while the client does not read what it gets.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// The places that connections take, shared by the sockets of one server.
#[derive(Clone)]
pub(crate) struct Places(Arc<Semaphore>);

impl Places {
    pub(crate) fn new(connections: usize) -> Self {
        Self(Arc::new(Semaphore::new(connections)))
    }
}

impl Default for Places {
    fn default() -> Self {
        Self::new(CONNECTIONS)
    }
}

/// A socket that accepts a connection when there is a place for it.
pub(crate) struct Listener {
    socket: TcpListener,
    places: Places,
}

impl Listener {
    pub(crate) fn new(socket: TcpListener, places: Places) -> Self {
        Self { socket, places }
    }
}

impl axum::serve::Listener for Listener {
    type Io = Connection;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Connection, SocketAddr) {
        // The semaphore is never closed; were it, nothing more is served.
        let Ok(place) = Arc::clone(&self.places.0).acquire_owned().await else {
            return std::future::pending().await;
        };
        // axum's own way with a failed accept: it tries again, and waits first where files have run out.
        let (stream, address) = axum::serve::Listener::accept(&mut self.socket).await;
        (Connection::new(stream, place), address)
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.socket.local_addr()
    }
}

/// A connection that ends when it has been given no answer for [`PATIENCE`].
///
/// Only what is written counts: who sends a byte now and then is not a client but a squatter.
pub(crate) struct Connection {
    stream: TcpStream,
    deadline: Pin<Box<Sleep>>,
    _place: OwnedSemaphorePermit,
}

impl Connection {
    fn new(stream: TcpStream, place: OwnedSemaphorePermit) -> Self {
        // Answers are small and written at once; waiting for more only adds latency. A socket that does not
        // know the option still works.
        let _ = stream.set_nodelay(true);
        Self { stream, deadline: Box::pin(sleep(PATIENCE)), _place: place }
    }

    /// Ready when there is no more time.
    fn poll_deadline<T>(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<T>> {
        ready!(self.deadline.as_mut().poll(cx));
        Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
    }

    fn written(&mut self, result: Poll<io::Result<usize>>, cx: &mut Context<'_>) -> Poll<io::Result<usize>> {
        if result.is_pending() {
            return self.poll_deadline(cx);
        }
        self.deadline.as_mut().reset(Instant::now() + PATIENCE);
        result
    }
}

impl AsyncRead for Connection {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        // First, so that bytes which keep coming do not keep it open.
        if let Poll::Ready(over) = self.poll_deadline(cx) {
            return Poll::Ready(over);
        }
        Pin::new(&mut self.stream).poll_read(cx, buf)
    }
}

impl AsyncWrite for Connection {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let result = Pin::new(&mut self.stream).poll_write(cx, bytes);
        self.written(result, cx)
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
        let result = Pin::new(&mut self.stream).poll_write_vectored(cx, bytes);
        self.written(result, cx)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
}

#[cfg(test)]
mod tests {
    use axum::{Router, routing::get, serve::Listener as _};
    use tokio::{
        io::{AsyncReadExt, AsyncWriteExt},
        time::timeout,
    };

    use super::*;

    async fn listener(places: usize) -> (Listener, SocketAddr) {
        let socket = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = socket.local_addr().unwrap();
        (Listener::new(socket, Places::new(places)), address)
    }

    #[tokio::test(start_paused = true)]
    async fn a_connection_waits_until_another_one_has_left() {
        let (mut listener, address) = listener(2).await;
        let _clients = [
            TcpStream::connect(address).await.unwrap(),
            TcpStream::connect(address).await.unwrap(),
            TcpStream::connect(address).await.unwrap(),
        ];
        let (first, _) = listener.accept().await;
        let (_second, _) = listener.accept().await;
        assert!(timeout(PATIENCE, listener.accept()).await.is_err());
        drop(first);
        listener.accept().await;
    }

    /// The end of a connection whose client sends `begin`, and then a byte whenever `every` has passed.
    async fn time_until_closed(begin: &[u8], every: Duration) -> (Duration, String) {
        let (listener, address) = listener(1).await;
        let app = Router::new().route("/", get(async || "answer"));
        tokio::spawn(axum::serve(listener, app).into_future());
        let began = Instant::now();
        let (mut read, mut write) = TcpStream::connect(address).await.unwrap().into_split();
        write.write_all(begin).await.unwrap();
        tokio::spawn(async move {
            let mut ticks = tokio::time::interval(every);
            loop {
                ticks.tick().await;
                if write.write_all(b"a").await.is_err() {
                    break;
                }
            }
        });
        let mut answer = Vec::new();
        // A reset is an end as well.
        let _ = read.read_to_end(&mut answer).await;
        (began.elapsed(), String::from_utf8(answer).unwrap())
    }

    #[tokio::test(start_paused = true)]
    async fn a_client_that_says_nothing_loses_its_place() {
        let (elapsed, _) = time_until_closed(b"", PATIENCE * 10).await;
        assert!(elapsed < PATIENCE * 2, "{elapsed:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn a_head_that_comes_byte_by_byte_is_given_up() {
        let (elapsed, _) = time_until_closed(b"GET / HTTP/1.1\r\nHost: h\r\nX: ", PATIENCE / 10).await;
        assert!(elapsed < PATIENCE * 2, "{elapsed:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn an_answer_gives_a_connection_as_much_time_again() {
        let (mut listener, address) = listener(1).await;
        let mut client = TcpStream::connect(address).await.unwrap();
        let (mut connection, _) = listener.accept().await;
        let nearly = PATIENCE * 9 / 10;
        let mut buffer = [0; 4];
        for _ in 0..3 {
            assert!(timeout(nearly, connection.read(&mut buffer)).await.is_err());
            connection.write_all(b"pong").await.unwrap();
            client.read_exact(&mut buffer).await.unwrap();
        }
        let over = connection.read(&mut buffer).await.unwrap_err();
        assert_eq!(over.kind(), io::ErrorKind::TimedOut);
    }
}
