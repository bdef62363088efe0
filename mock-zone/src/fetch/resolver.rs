//! Names to addresses, without those that nothing may be fetched from.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use tokio::sync::Semaphore;

use super::address::is_permitted;

/// Lookups at once. One that was given up on may go on for as long as the operating system tries.
const MOST_LOOKUPS: usize = 16;

/// No address that a name has may be connected to.
#[derive(Debug, thiserror::Error)]
#[error("every address of this name is private or special")]
pub(super) struct OnlySpecial;

/// What asks for a name's addresses: the system, or a test.
pub(super) type Lookup = Arc<dyn Fn(String) -> Found + Send + Sync>;
pub(super) type Found = std::pin::Pin<Box<dyn Future<Output = std::io::Result<Vec<IpAddr>>> + Send>>;

/// Gives the addresses that may be connected to. The connection is made to these and no others, so a name that means
/// something else a moment later gains nothing.
pub(super) struct Filter {
    pub(super) lookup: Lookup,
    pub(super) loopback: bool,
}

impl Resolve for Filter {
    fn resolve(&self, name: Name) -> Resolving {
        let (found, loopback) = ((self.lookup)(name.as_str().to_owned()), self.loopback);
        Box::pin(async move {
            let permitted: Vec<SocketAddr> = found
                .await?
                .into_iter()
                .filter(|ip| is_permitted(*ip, loopback))
                .map(|ip| SocketAddr::new(ip, 0))
                .collect();
            if permitted.is_empty() {
                return Err(OnlySpecial.into());
            }
            Ok(Box::new(permitted.into_iter()) as Addrs)
        })
    }
}

/// The operating system's resolver.
pub(super) fn system() -> Lookup {
    let places = Arc::new(Semaphore::new(MOST_LOOKUPS));
    Arc::new(move |name| {
        let places = Arc::clone(&places);
        Box::pin(async move {
            let place = places.acquire_owned().await.map_err(std::io::Error::other)?;
            // A task of its own: the place is taken until the lookup ends, also when nobody waits for it any more.
            let lookup = tokio::spawn(async move {
                let found = tokio::net::lookup_host((name, 0)).await;
                drop(place);
                found.map(|addresses| addresses.map(|address| address.ip()).collect::<Vec<_>>())
            });
            let found: Vec<IpAddr> = lookup.await.map_err(std::io::Error::other)??;
            if found.is_empty() { Err(std::io::ErrorKind::NotFound.into()) } else { Ok(found) }
        })
    })
}
