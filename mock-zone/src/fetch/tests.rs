use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use super::*;

/// A server on loopback that answers every connection in its own way, and counts them.
struct Server {
    url: String,
    asked: Arc<AtomicUsize>,
}

impl Server {
    async fn new<A: Future<Output = ()> + Send>(answer: impl Fn(TcpStream) -> A + Clone + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/document", listener.local_addr().unwrap());
        let asked = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&asked);
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let answer = answer.clone();
                count.fetch_add(1, Ordering::SeqCst);
                tokio::spawn(async move {
                    let mut request = [0; 4096];
                    let _ = stream.read(&mut request).await;
                    answer(stream).await;
                });
            }
        });
        Self { url, asked }
    }

    /// One that sends `answer`, with `Connection: close` for an end.
    async fn saying(answer: impl Into<String>) -> Self {
        let answer: Arc<str> = answer.into().into();
        Self::new(move |mut stream| {
            let answer = Arc::clone(&answer);
            async move {
                let _ = stream.write_all(answer.as_bytes()).await;
            }
        })
        .await
    }
}

fn ok(headers: &str, body: &str) -> String {
    format!("HTTP/1.1 200 OK\r\nconnection: close\r\n{headers}\r\n\r\n{body}")
}

const JSON: &str = "content-type: application/json";

/// One for which every name means these addresses.
fn resolving(loopback: bool, addresses: &'static [&'static str]) -> Fetcher {
    let addresses: Vec<IpAddr> = addresses.iter().map(|ip| ip.parse().unwrap()).collect();
    Fetcher::with(loopback, LONGEST, Arc::new(move |_| Box::pin(std::future::ready(Ok(addresses.clone())))))
}

fn impatient() -> Fetcher {
    Fetcher::with(true, Duration::from_millis(200), resolver::system())
}

async fn refused(fetcher: &Fetcher, url: &str) -> FetchError {
    fetcher.fetch(url).await.unwrap_err()
}

#[tokio::test]
async fn a_document_is_fetched_with_what_it_says_of_its_freshness() {
    for content_type in ["application/json", "Application/JSON; charset=utf-8", "application/jwk-set+json"] {
        let headers = format!("content-type: {content_type}\r\ncache-control: max-age=77");
        let server = Server::saying(ok(&headers, "{\"a\":1}")).await;

        let fetched = Fetcher::new(true).fetch(&server.url).await.unwrap();

        assert_eq!(
            (fetched.members().unwrap()["a"].as_i64(), fetched.fresh_for),
            (Some(1), Some(Duration::from_secs(77)))
        );
    }
}

#[tokio::test]
async fn what_is_no_small_json_object_is_refused() {
    let large = format!("{{\"a\":\"{}\"}}", "x".repeat(LARGEST));
    for (answer, error) in [
        (ok(JSON, "[]"), FetchError::NotAnObject),
        (ok(JSON, "{"), FetchError::NotAnObject),
        (ok(JSON, &large), FetchError::TooLarge),
        (ok("content-type: text/html", "{}"), FetchError::ContentType),
        (ok("x: y", "{}"), FetchError::ContentType),
        ("HTTP/1.1 404 Not Found\r\nconnection: close\r\n\r\n".to_owned(), FetchError::Status(404)),
        ("HTTP/1.1 204 No Content\r\nconnection: close\r\n\r\n".to_owned(), FetchError::Status(204)),
        ("no http\r\n\r\n".to_owned(), FetchError::Unreachable),
    ] {
        let server = Server::saying(answer).await;
        assert_eq!(refused(&Fetcher::new(true), &server.url).await, error);
    }
}

#[tokio::test]
async fn a_redirect_is_not_followed_wherever_it_leads() {
    let behind = Server::saying(ok(JSON, "{}")).await;
    for location in [behind.url.as_str(), "http://169.254.169.254/latest/meta-data/", "/document"] {
        for status in ["301 Moved Permanently", "302 Found", "307 Temporary Redirect", "308 Permanent Redirect"] {
            let answer = format!("HTTP/1.1 {status}\r\nlocation: {location}\r\nconnection: close\r\n\r\n");
            let server = Server::saying(answer).await;

            assert_eq!(refused(&Fetcher::new(true), &server.url).await, FetchError::Redirect);
            assert_eq!(server.asked.load(Ordering::SeqCst), 1);
        }
    }
    assert_eq!(behind.asked.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn an_endless_body_is_cut_off() {
    let server = Server::new(|mut stream| async move {
        let _ = stream.write_all(ok(JSON, "{\"a\":\"").as_bytes()).await;
        while stream.write_all(&[b'x'; 4096]).await.is_ok() {}
    })
    .await;

    assert_eq!(refused(&Fetcher::new(true), &server.url).await, FetchError::TooLarge);
}

#[tokio::test]
async fn neither_silence_nor_a_drip_is_waited_for() {
    let silent = Server::new(|stream| async move {
        std::future::pending::<()>().await;
        drop(stream);
    })
    .await;
    let dripping = Server::new(|mut stream| async move {
        let _ = stream.write_all(ok(JSON, "").as_bytes()).await;
        let mut drops = tokio::time::interval(Duration::from_millis(20));
        while stream.write_all(b" ").await.is_ok() {
            drops.tick().await;
        }
    })
    .await;

    for server in [silent, dripping] {
        let error = refused(&impatient(), &server.url).await;
        assert_eq!(error, FetchError::TooSlow { longest: Duration::from_millis(200) });
    }
}

#[tokio::test]
async fn of_a_name_the_address_counts() {
    for address in ["169.254.169.254", "10.0.0.1", "::ffff:169.254.169.254", "64:ff9b::a9fe:a9fe", "fe80::1"] {
        let addresses: &'static [&'static str] = vec![&*Box::leak(address.to_owned().into_boxed_str())].leak();
        for loopback in [true, false] {
            let fetcher = resolving(loopback, addresses);
            assert_eq!(refused(&fetcher, "https://metadata.example/document").await, FetchError::SpecialAddress);
        }
        assert_eq!(refused(&resolving(true, addresses), "http://localhost/").await, FetchError::SpecialAddress);
        assert_eq!(refused(&resolving(true, addresses), "http://localhost./").await, FetchError::SpecialAddress);
    }
    let fetcher = resolving(false, &["127.0.0.1", "::1"]);
    assert_eq!(refused(&fetcher, "https://rebinding.example/").await, FetchError::SpecialAddress);
}

#[tokio::test]
async fn of_several_addresses_only_a_permitted_one_is_connected_to() {
    let server = Server::saying(ok(JSON, "{}")).await;
    let url = server.url.replace("127.0.0.1", "localhost");

    assert!(resolving(true, &["169.254.169.254", "127.0.0.1"]).fetch(&url).await.is_ok());
    assert_eq!(server.asked.load(Ordering::SeqCst), 1);
}

#[test]
fn literals_are_judged_in_whichever_form_they_are_written() {
    for host in [
        "169.254.169.254",
        "169.254.169.254.",
        "2852039166",
        "0xa9fea9fe",
        "0xa9.0xfe.0xa9.0xfe",
        "0251.0376.0251.0376",
        "169.254.43518",
        "[::ffff:169.254.169.254]",
        "[64:ff9b::a9fe:a9fe]",
        "[fd00:ec2::254]",
        "0.0.0.0",
        "0",
        "[::]",
        "10.1",
    ] {
        for (scheme, loopback) in [("http", true), ("http", false), ("https", true), ("https", false)] {
            let error = Fetcher::new(loopback).check(&format!("{scheme}://{host}/x")).unwrap_err();
            assert_eq!(error, FetchError::SpecialAddress, "{host}");
        }
    }
    for host in ["127.0.0.1", "127.1", "0x7f.1", "2130706433", "017700000001", "[::1]", "[::ffff:127.0.0.1]"] {
        for scheme in ["http", "https"] {
            let url = format!("{scheme}://{host}/x");
            assert_eq!(Fetcher::new(false).check(&url), Err(FetchError::SpecialAddress), "{host}");
            assert!(Fetcher::new(true).check(&url).is_ok(), "{host}");
        }
    }
}

#[test]
fn a_url_is_https_or_leads_to_this_machine() {
    for (url, error) in [
        ("", FetchError::NotAUrl),
        ("/document", FetchError::NotAUrl),
        ("https://", FetchError::NotAUrl),
        ("https://ä.example/", FetchError::NotAUrl),
        ("https://a.example/ b", FetchError::NotAUrl),
        ("https://u:p@a.example/", FetchError::UserInfo),
        ("http://a.example/", FetchError::Scheme),
        ("http://localhost.example/", FetchError::Scheme),
        ("ftp://a.example/", FetchError::Scheme),
        ("gopher://127.0.0.1/", FetchError::Scheme),
        ("file:///etc/passwd", FetchError::NotAUrl),
        ("data:application/json,{}", FetchError::NotAUrl),
    ] {
        assert_eq!(Fetcher::new(true).check(url), Err(error), "{url}");
    }
    assert_eq!(Fetcher::new(false).check("http://localhost/"), Err(FetchError::Scheme));
    assert!(Fetcher::new(true).check("http://localhost/").is_ok());
    assert!(Fetcher::new(false).check("https://a.example:8443/x?y").is_ok());
    assert_eq!(Fetcher::new(false).check(&format!("https://a/{}", "x".repeat(2048))), Err(FetchError::NotAUrl));
}

#[tokio::test]
async fn many_who_want_the_same_wait_for_one_fetch() {
    let gate = Arc::new(Semaphore::new(0));
    let waiting = Arc::clone(&gate);
    let server = Server::new(move |mut stream| {
        let waiting = Arc::clone(&waiting);
        async move {
            let _open = waiting.acquire().await;
            let _ = stream.write_all(ok(JSON, "{}").as_bytes()).await;
        }
    })
    .await;
    let fetcher = Arc::new(Fetcher::new(true));
    let url = Url::parse(&server.url).unwrap();

    let waiters: Vec<_> = (0..20)
        .map(|_| {
            let (fetcher, url) = (Arc::clone(&fetcher), server.url.clone());
            tokio::spawn(async move { fetcher.fetch(&url).await.is_ok() })
        })
        .collect();
    // All of them are there, and the map's own.
    while fetcher.under_way().get(&url).is_none_or(|cell| Arc::strong_count(cell) < 21) {
        tokio::task::yield_now().await;
    }
    // Whoever asks may give up: another goes on.
    waiters[0].abort();
    gate.add_permits(100);

    for (n, waiter) in waiters.into_iter().enumerate() {
        assert!(n == 0 || waiter.await.unwrap());
    }
    assert!(server.asked.load(Ordering::SeqCst) <= 2);
    assert!(fetcher.under_way().is_empty());
}

#[tokio::test]
async fn one_who_gives_up_alone_leaves_nothing_behind() {
    let server = Server::new(|stream| async move {
        std::future::pending::<()>().await;
        drop(stream);
    })
    .await;
    let fetcher = Fetcher::new(true);

    {
        let fetching = fetcher.fetch(&server.url);
        tokio::pin!(fetching);
        while server.asked.load(Ordering::SeqCst) == 0 {
            tokio::select! {
                biased;
                _ = &mut fetching => unreachable!("nothing is ever sent"),
                () = tokio::task::yield_now() => {}
            }
        }
        assert_eq!(fetcher.under_way().len(), 1);
    }

    assert!(fetcher.under_way().is_empty());
}

#[tokio::test]
async fn errors_repeat_neither_url_nor_answer() {
    let server = Server::saying(ok(JSON, "SECRET")).await;
    let error = refused(&Fetcher::new(true), &format!("{}?token=SECRET", server.url)).await.to_string();
    assert!(!error.contains("SECRET"), "{error}");
}
