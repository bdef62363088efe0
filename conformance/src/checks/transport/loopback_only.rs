//! A server for one machine is for no other.

use std::io::ErrorKind;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};
use std::time::Duration;

use tokio::net::TcpStream;
use url::Url;

use crate::check::{Area, Check, Level, Meta, Revisions, Stop, Verdict};
use crate::client::NoReply;
use crate::context::Context;
use crate::discovery::is_loopback;
use crate::mcp::{self, Session};
use crate::page;
use crate::reply::Reply;

page! {
    /// A server on loopback listens on loopback alone
    ///
    /// # What it checks
    /// Where the endpoint is on loopback, the same port is tried at this machine's other addresses: at the one that its packets
    /// leave from, for IPv4 and IPv6 each, and at a loopback address that nobody would choose, 127.83.61.17, which leads to a
    /// server only if that listens on every address. An MCP request without a token is sent where a connection comes about.
    /// An answer like the endpoint's own warns, and so does one that turns the host away. Not applicable where the machine
    /// has no other address.
    ///
    /// # Why it matters
    /// A server on a developer's machine is meant for its programs alone. Listening on every address it is open to the whole
    /// network, and to pages that rebind a name of theirs to it.
    ///
    /// # How to fix it
    /// Bind to 127.0.0.1 or ::1 and not to 0.0.0.0. In a container, publish the port on 127.0.0.1 of the host.
    ///
    /// # Reference
    /// MCP 2026-07-28, Transports, "Security Warning".
    pub struct LoopbackOnly;
}

const META: Meta = Meta {
    id: "loopback-only",
    requirements: &["mcp-transport-bind-localhost"],
    level: Level::Should,
    area: Area::Transport,
    revisions: Revisions::Once,
    ..Meta::CALM
};

impl Check for LoopbackOnly {
    fn meta(&self) -> &'static Meta {
        &META
    }

    async fn run(&self, cx: &Context) -> Verdict {
        if !is_loopback(cx.url()) {
            return Err(Stop::not_applicable("the server is not on loopback"));
        }
        let endpoint = cx.discovery().anonymous.clone()?;
        let addresses = other_addresses();
        let mut closed = 0;
        for address in &addresses {
            match connects(SocketAddr::new(*address, cx.url().port_or_known_default().unwrap_or_default())).await {
                Some(true) => judge(cx, *address, &endpoint).await?,
                Some(false) => closed += 1,
                // Not an address of this machine after all.
                None => {}
            }
        }
        match (closed, addresses.len()) {
            // On this system not even the unusual one is an address.
            (0, 1) => Err(Stop::not_applicable("this machine has no other address")),
            (0, _) => Err(Stop::inconclusive("no attempt to connect to this machine's other addresses came to an end")),
            _ => Ok(()),
        }
    }
}

/// A loopback address that no server binds to: what answers there listens on every address. Linux has the whole of
/// 127.0.0.0/8; where a system has not, no connection comes about.
const UNUSUAL: Ipv4Addr = Ipv4Addr::new(127, 83, 61, 17);

/// How long a connection within this machine may take.
const CONNECT_WITHIN: Duration = Duration::from_secs(2);

/// Addresses of this machine besides those that `localhost` means.
fn other_addresses() -> Vec<IpAddr> {
    // Connecting a UDP socket sends nothing; it shows which address packets to there would leave from. These networks are
    // for documentation (RFC 5737, RFC 3849), and behind the default route like any other.
    let leaves_from = |any: IpAddr, there: IpAddr| {
        let socket = UdpSocket::bind((any, 0)).ok()?;
        socket.connect((there, 9)).ok()?;
        Some(socket.local_addr().ok()?.ip())
    };
    let v4 = leaves_from(Ipv4Addr::UNSPECIFIED.into(), Ipv4Addr::new(192, 0, 2, 1).into());
    let v6 = leaves_from(Ipv6Addr::UNSPECIFIED.into(), Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 1).into());
    let real = v4.into_iter().chain(v6).filter(|address| !address.is_loopback() && !address.is_unspecified());
    real.chain([UNUSUAL.into()]).collect()
}

/// Whether a connection comes about; none where nobody says so.
async fn connects(address: SocketAddr) -> Option<bool> {
    match tokio::time::timeout(CONNECT_WITHIN, TcpStream::connect(address)).await {
        Ok(Ok(_)) => Some(true),
        Ok(Err(error)) if error.kind() == ErrorKind::ConnectionRefused => Some(false),
        Ok(Err(_)) | Err(_) => None,
    }
}

/// Judges what listens there: it is the endpoint if it answers as that does, or turns away the host that it is not.
async fn judge(cx: &Context, address: IpAddr, endpoint: &Reply) -> Verdict {
    let url = at(cx.url(), address);
    let request = mcp::post(&url, cx.bearing_operation(), cx.revision(), &Session::default());
    let sent = cx.send(&request.purpose(format!("{} at {address}, without a token", cx.bearing_name()))).await;
    let expected = "no server at other addresses than loopback's";
    match sent {
        Ok(reply) if reply.status == endpoint.status || matches!(reply.status.as_u16(), 400 | 403 | 421) => {
            Err(Stop::violation(expected, format!("{} at {address}", reply.describe())))
        }
        Ok(reply) => {
            let because = format!("something answers {} at {address}, and may be another server", reply.describe());
            Err(Stop::inconclusive(because))
        }
        // It speaks TLS as the endpoint does, and its certificate is not for that address.
        Err(NoReply::Tls(failure)) => Err(Stop::violation(expected, format!("TLS at {address}: {failure}"))),
        Err(error) => Err(Stop::inconclusive(format!("something listens at {address}, and gave no answer: {error}"))),
    }
}

/// The endpoint at another address.
fn at(endpoint: &Url, address: IpAddr) -> Url {
    let mut url = endpoint.clone();
    // An http(s) URL takes any address.
    let _ = url.set_ip_host(address);
    url
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_other_addresses_are_this_machines_and_mean_no_loopback_server() {
        let found = other_addresses();
        assert!(found.contains(&UNUSUAL.into()));
        assert!(!found.contains(&Ipv4Addr::LOCALHOST.into()) && !found.contains(&Ipv6Addr::LOCALHOST.into()));
        let endpoint = Url::parse("https://localhost:8443/mcp").unwrap();
        assert_eq!(at(&endpoint, UNUSUAL.into()).as_str(), "https://127.83.61.17:8443/mcp");
    }
}
