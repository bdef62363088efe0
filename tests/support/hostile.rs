//! Servers that do what no server should, on a free port and over TLS where wanted: for bad targets, which no framework
//! would let one write.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use crate::tls::Identity;

/// Most of a request that is read, in bytes.
const REQUEST_AT_MOST: usize = 1024 * 1024;

/// What is written at once, in bytes.
const PIECE: usize = 64 * 1024;

/// A request, as far as a hostile server cares.
#[derive(Debug, Clone)]
pub struct Asked {
    /// Method.
    pub method: String,
    /// Path and query.
    pub path: String,
    /// Header lines, without the request line.
    pub headers: Vec<String>,
    /// Body.
    pub body: Vec<u8>,
}

impl Asked {
    /// A header's value.
    pub fn header(&self, name: &str) -> Option<&str> {
        let lines = self.headers.iter().filter_map(|line| line.split_once(':'));
        lines.into_iter().find(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim())
    }
}

/// What to do to a request.
#[derive(Debug, Clone)]
pub enum Act {
    /// Say this, and close.
    Say(Vec<u8>),
    /// Say this, then the same bytes over and over.
    Flood(Vec<u8>, Vec<u8>),
    /// Say this, then a byte now and then.
    Drip(Vec<u8>),
    /// Never say anything.
    Nothing,
    /// Close at once.
    Close,
    /// Pass it on to another server, and its answer back.
    PassOn(SocketAddr),
}

impl Act {
    /// A complete answer with a body of this type, and more header lines.
    pub fn answer(status: &str, content_type: &str, headers: &str, body: &str) -> Self {
        let length = body.len();
        let head =
            format!("HTTP/1.1 {status}\r\nContent-Type: {content_type}\r\nContent-Length: {length}\r\n{headers}");
        Self::Say(format!("{head}Connection: close\r\n\r\n{body}").into_bytes())
    }

    /// 401 with a Bearer challenge.
    pub fn challenge() -> Self {
        Self::answer("401 Unauthorized", "application/json", "WWW-Authenticate: Bearer\r\n", "{}")
    }
}

/// What a hostile server got rid of, and for how many requests.
#[derive(Debug, Default)]
struct Counts {
    bytes: AtomicU64,
    requests: AtomicUsize,
}

/// A running hostile server; stopped when dropped.
#[derive(Debug)]
pub struct Hostile {
    address: SocketAddr,
    scheme: &'static str,
    stop: Arc<AtomicBool>,
    counts: Arc<Counts>,
    accepting: Option<JoinHandle<()>>,
}

impl Hostile {
    /// Does this to every request.
    pub fn always(act: Act) -> Self {
        Self::start(move |_| act.clone())
    }

    /// Decides for each request what to do.
    pub fn start(act: impl Fn(&Asked) -> Act + Send + Sync + 'static) -> Self {
        Self::serve(None, act)
    }

    /// The same over TLS.
    pub fn over_tls(identity: &Identity, act: impl Fn(&Asked) -> Act + Send + Sync + 'static) -> Self {
        Self::serve(Some(identity.acceptor()), act)
    }

    fn serve(tls: Option<openssl::ssl::SslAcceptor>, act: impl Fn(&Asked) -> Act + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).expect("there is a free port");
        let address = listener.local_addr().expect("it has an address");
        let stop = Arc::new(AtomicBool::new(false));
        let scheme = if tls.is_some() { "https" } else { "http" };
        let (act, tls) = (Arc::new(act), Arc::new(tls));
        let counts = Arc::<Counts>::default();
        let (stopped, counted) = (Arc::clone(&stop), Arc::clone(&counts));
        let accepting = std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                if stopped.load(Ordering::Relaxed) {
                    return;
                }
                let (act, tls, counts) = (Arc::clone(&act), Arc::clone(&tls), Arc::clone(&counted));
                std::thread::spawn(move || {
                    // A client that gives up, or does not like the certificate, is what these servers are for.
                    let _ = match tls.as_ref() {
                        Some(acceptor) => match acceptor.accept(stream) {
                            Ok(stream) => converse(stream, &*act, &counts, |s| s.get_ref()),
                            Err(_) => Ok(()),
                        },
                        None => converse(stream, &*act, &counts, |s| s),
                    };
                });
            }
        });
        Self { address, scheme, stop, counts, accepting: Some(accepting) }
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// How many requests came.
    pub fn requests(&self) -> usize {
        self.counts.requests.load(Ordering::Relaxed)
    }

    /// How many bytes it got rid of; some of them may have stayed on the way.
    pub fn bytes(&self) -> u64 {
        self.counts.bytes.load(Ordering::Relaxed)
    }

    /// Its URL with a path, under the name `localhost`.
    pub fn url(&self, path: &str) -> String {
        format!("{}://localhost:{}{path}", self.scheme, self.address.port())
    }
}

impl Drop for Hostile {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        // Wakes the accepting thread, which then sees that it is to stop.
        drop(TcpStream::connect(self.address));
        if let Some(accepting) = self.accepting.take() {
            let _ = accepting.join();
        }
    }
}

/// Reads one request and does to it what is to be done.
fn converse<S: Read + Write>(
    mut stream: S,
    act: &(impl Fn(&Asked) -> Act + ?Sized),
    counts: &Counts,
    socket: impl Fn(&S) -> &TcpStream,
) -> io::Result<()> {
    let Some((asked, raw)) = read_request(&mut stream)? else { return Ok(()) };
    counts.requests.fetch_add(1, Ordering::Relaxed);
    let say = |stream: &mut S, bytes: &[u8]| {
        bytes.chunks(PIECE).try_for_each(|piece| {
            counts.bytes.fetch_add(piece.len() as u64, Ordering::Relaxed);
            stream.write_all(piece)
        })
    };
    match act(&asked) {
        Act::Close => Ok(()),
        Act::Say(bytes) => say(&mut stream, &bytes),
        Act::Nothing => until_gone(&mut stream),
        Act::Flood(first, again) => {
            say(&mut stream, &first)?;
            // Few large pieces, or the time goes into writing them.
            let again = again.repeat((PIECE / again.len().max(1)).max(1));
            loop {
                say(&mut stream, &again)?;
            }
        }
        Act::Drip(first) => {
            stream.write_all(&first)?;
            // The time that a read waits for nothing is the pace.
            socket(&stream).set_read_timeout(Some(Duration::from_millis(20)))?;
            loop {
                match stream.read(&mut [0; 64]) {
                    Ok(0) => return Ok(()),
                    Err(e) if !matches!(e.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => return Err(e),
                    _ => stream.write_all(b" ")?,
                }
                stream.flush()?;
            }
        }
        Act::PassOn(address) => {
            let mut upstream = TcpStream::connect(address)?;
            upstream.write_all(&raw)?;
            io::copy(&mut upstream, &mut stream)?;
            stream.flush()
        }
    }
}

fn until_gone(stream: &mut impl Read) -> io::Result<()> {
    while stream.read(&mut [0; 64])? > 0 {}
    Ok(())
}

/// The request, and its bytes with `Connection: close` in place of what it said.
fn read_request(stream: &mut (impl Read + Write)) -> io::Result<Option<(Asked, Vec<u8>)>> {
    let mut bytes = Vec::new();
    let mut chunk = [0; 4096];
    let head_ends = loop {
        if let Some(at) = bytes.windows(4).position(|w| w == b"\r\n\r\n") {
            break at + 4;
        }
        let read = stream.read(&mut chunk)?;
        if read == 0 || bytes.len() > REQUEST_AT_MOST {
            return Ok(None);
        }
        bytes.extend_from_slice(&chunk[..read]);
        // The greeting of TLS, say, to which HTTP servers answer in HTTP.
        if !bytes[0].is_ascii_uppercase() {
            stream.write_all(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")?;
            return Ok(None);
        }
    };
    let head = String::from_utf8_lossy(&bytes[..head_ends]).into_owned();
    let mut lines = head.trim_end().lines();
    let mut request_line = lines.next().unwrap_or_default().split(' ');
    let (method, path) = (request_line.next().unwrap_or_default(), request_line.next().unwrap_or_default());
    let mut asked = Asked {
        method: method.into(),
        path: path.into(),
        headers: lines.map(str::to_owned).collect(),
        body: Vec::new(),
    };
    let length = asked.header("content-length").and_then(|v| v.parse().ok()).unwrap_or(0).min(REQUEST_AT_MOST);
    while bytes.len() < head_ends + length {
        let read = stream.read(&mut chunk)?;
        if read == 0 {
            break;
        }
        bytes.extend_from_slice(&chunk[..read]);
    }
    asked.body = bytes.split_off(head_ends);
    let kept = asked.headers.iter().filter(|line| !line.to_ascii_lowercase().starts_with("connection:"));
    let headers: String = kept.map(|line| format!("{line}\r\n")).collect();
    let raw = format!("{} {} HTTP/1.1\r\n{headers}Connection: close\r\n\r\n", asked.method, asked.path);
    let raw = [raw.into_bytes(), asked.body.clone()].concat();
    Ok(Some((asked, raw)))
}
