//! Connections whose bytes a fault may change, and who is at their other end.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll};

use axum::extract::connect_info::Connected;
use axum::serve::{IncomingStream, Listener};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};

/// The other end of a connection.
#[derive(Clone, Copy)]
pub(crate) struct Peer(pub(crate) SocketAddr);

impl Connected<IncomingStream<'_, Wire>> for Peer {
    fn connect_info(stream: IncomingStream<'_, Wire>) -> Self {
        Self(*stream.remote_addr())
    }
}

/// Listens, and changes what comes in.
pub(crate) struct Wire {
    pub(crate) listener: TcpListener,
    pub(crate) change: fn(&mut [u8]),
}

impl Listener for Wire {
    type Io = Changed;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Changed, SocketAddr) {
        let (stream, peer) = Listener::accept(&mut self.listener).await;
        (Changed { stream, change: self.change }, peer)
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }
}

/// A connection that is read through the fault.
pub(crate) struct Changed {
    stream: TcpStream,
    change: fn(&mut [u8]),
}

impl AsyncRead for Changed {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        let read = Pin::new(&mut self.stream).poll_read(cx, buf);
        (self.change)(&mut buf.filled_mut()[before..]);
        read
    }
}

impl AsyncWrite for Changed {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
