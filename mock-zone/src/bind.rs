//! Taking the addresses to listen on, and saying readably why one cannot be had.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use tokio::net::TcpListener;

/// Why an address cannot be listened on.
#[derive(Debug, thiserror::Error)]
pub(crate) enum BindError {
    #[error(
        "port {} on {} is in use: stop the program that listens there, or choose another port with --port (0 takes any free one)",
        .0.port(), .0.ip()
    )]
    PortInUse(SocketAddr),
    #[error("cannot listen on {address}")]
    Refused {
        address: SocketAddr,
        #[source]
        source: io::Error,
    },
}

/// How often to look for a port that is free on both loopback addresses.
const ATTEMPTS: usize = 16;

/// Listens on 127.0.0.1 and ::1: `localhost` is either, depending on the client. A machine without IPv6 has one.
pub(crate) async fn loopback(port: u16) -> Result<Vec<TcpListener>, BindError> {
    let mut attempt = 1;
    loop {
        let v4 = one((Ipv4Addr::LOCALHOST, port).into()).await?;
        let taken = v4
            .local_addr()
            .map_err(|source| BindError::Refused { address: (Ipv4Addr::LOCALHOST, port).into(), source })?
            .port();
        match one((Ipv6Addr::LOCALHOST, taken).into()).await {
            Ok(v6) => return Ok(vec![v4, v6]),
            // The system chose a port that happens to be in use on the other address: let it choose again.
            Err(BindError::PortInUse(_)) if port == 0 && attempt < ATTEMPTS => attempt += 1,
            // Half of the clients would reach whatever program that is.
            Err(error @ BindError::PortInUse(_)) => return Err(error),
            Err(error) => {
                tracing::warn!(error = &error as &dyn std::error::Error, "serving on 127.0.0.1 only");
                return Ok(vec![v4]);
            }
        }
    }
}

/// Listens on exactly these addresses, all on the same port.
pub(crate) async fn each(addresses: &[IpAddr], port: u16) -> Result<Vec<TcpListener>, BindError> {
    let mut listeners = Vec::new();
    let mut port = port;
    for ip in addresses {
        let listener = one((*ip, port).into()).await?;
        if let Ok(address) = listener.local_addr() {
            port = address.port();
        }
        listeners.push(listener);
    }
    Ok(listeners)
}

async fn one(address: SocketAddr) -> Result<TcpListener, BindError> {
    TcpListener::bind(address).await.map_err(|source| {
        if source.kind() == io::ErrorKind::AddrInUse {
            BindError::PortInUse(address)
        } else {
            BindError::Refused { address, source }
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_port_in_use_is_said_in_one_line_with_the_way_out() {
        let taken = one((Ipv4Addr::LOCALHOST, 0).into()).await.unwrap();
        let port = taken.local_addr().unwrap().port();

        let message = loopback(port).await.unwrap_err().to_string();

        assert!(message.starts_with(&format!("port {port} on 127.0.0.1 is in use")));
        assert!(message.contains("--port"));
        assert!(!message.contains('\n'));
    }

    #[tokio::test]
    async fn any_free_port_is_the_same_on_both_addresses() {
        let listeners = loopback(0).await.unwrap();
        let ports: Vec<u16> = listeners.iter().map(|listener| listener.local_addr().unwrap().port()).collect();

        assert!(ports.iter().all(|port| *port == ports[0] && *port != 0));
    }
}
