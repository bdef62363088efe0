//! A zone inside another program, for tests and for the suite, and its control plane as methods.

use std::fmt;
use std::net::Ipv4Addr;
use std::time::Duration;

use jiff::Timestamp;
use tokio::net::TcpListener;
use tokio::sync::oneshot;

use crate::clock::ClockReading;
use crate::control::directory::{ClientCredentials, NewClient, NewResource};
use crate::control::error::ControlError;
use crate::control::faults::Fault;
use crate::http::Shared;
use crate::http::faults::Endpoint;
use crate::http::requests::{NotReceived, ReceivedRequest, RequestFilter};
use crate::minting::MintToken;
use crate::zone::held::{HeldGrant, HeldSession, Selection};
use crate::{Config, Ports, ServeError, UserConfig};

/// A zone on a free port of 127.0.0.1. It stops when dropped.
///
/// Its methods do what the control plane does over HTTP, and work where that is absent too
/// ([`Control::Absent`](crate::Control::Absent)).
pub struct MockZone {
    url: String,
    app: Shared,
    /// Dropping it is the signal to stop.
    _stop: oneshot::Sender<()>,
}

impl fmt::Debug for MockZone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MockZone").field("url", &self.url).finish_non_exhaustive()
    }
}

impl MockZone {
    /// Starts a zone, with the system's clock and randomness. It answers as soon as this returns; its signing key is
    /// made meanwhile, and whoever needs it first waits.
    pub async fn start(config: Config) -> Result<Self, ServeError> {
        Self::start_with(config, Ports::system()).await
    }

    /// Starts a zone with a clock and randomness of the caller's.
    pub async fn start_with(config: Config, ports: Ports) -> Result<Self, ServeError> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let url = format!("http://{}", listener.local_addr()?);
        let server = crate::prepare(vec![listener], config, ports)?;
        let app = Shared::clone(&server.app);
        let (stop, stopped) = oneshot::channel::<()>();
        tokio::spawn(async move {
            let stopped = async {
                // Nobody sends: it resolves when the sender is dropped.
                let _ = stopped.await;
            };
            if let Err(error) = server.run(stopped).await {
                tracing::error!(%error, "the embedded zone ended");
            }
        });
        Ok(Self { url, app, _stop: stop })
    }

    /// Where it listens, without a final slash. It is the issuer too, unless the configuration names another.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Mints a token. It leaves no event: nothing that a zone does happened.
    ///
    /// # Errors
    /// Where the zone has no such user, resource or key, or the key cannot sign so.
    pub async fn mint(&self, token: MintToken) -> Result<String, ControlError> {
        Ok(self.app.zone.mint(token.into_request()).await?)
    }

    /// Adds a signing key, which signs from now on; its `kid`. The one before stays in the key set.
    ///
    /// # Errors
    /// Where the zone keeps as many keys as it can and all are published.
    pub async fn rotate_keys(&self) -> Result<String, ControlError> {
        Ok(self.app.zone.keys.rotate(true, None).await?.0)
    }

    /// Adds a key to the key set that does not sign yet; its `kid`.
    ///
    /// # Errors
    /// As [`rotate_keys`](Self::rotate_keys).
    pub async fn publish_key(&self) -> Result<String, ControlError> {
        Ok(self.app.zone.keys.rotate(false, None).await?.0)
    }

    /// Takes a key out of the key set. It can still sign by name.
    ///
    /// # Errors
    /// Where there is no such key, or it is the one that signs.
    pub async fn retire_key(&self, kid: &str) -> Result<(), ControlError> {
        Ok(self.app.zone.keys.retire(kid).await?)
    }

    /// Makes an endpoint fail, in place of the fault that it has.
    ///
    /// # Errors
    /// Where the fault contradicts itself, or cannot be on this endpoint.
    pub fn fault(&self, endpoint: Endpoint, fault: Fault) -> Result<(), ControlError> {
        self.app.arm(endpoint, fault)
    }

    /// Ends the fault on an endpoint.
    pub fn clear_fault(&self, endpoint: Endpoint) {
        self.app.faults.clear(endpoint);
    }

    /// Ends all faults.
    pub fn clear_faults(&self) {
        self.app.faults.clear_all();
    }

    /// The zone's time.
    pub fn clock(&self) -> ClockReading {
        self.app.clock.read()
    }

    /// Stops the clock where it is.
    ///
    /// # Errors
    /// Where it shows a time before 1970 or after 9998, as the clock that the zone was given may.
    pub fn freeze_clock(&self) -> Result<ClockReading, ControlError> {
        Ok(self.app.clock.set(None, Some(true))?)
    }

    /// Sets the clock; it stands still or runs on as before. Into the past too: then what had expired may be valid
    /// again, which the log says.
    ///
    /// # Errors
    /// Where the time is before 1970 or after 9998.
    pub fn set_clock(&self, now: Timestamp) -> Result<ClockReading, ControlError> {
        Ok(self.app.clock.set(Some(now), None)?)
    }

    /// Puts the clock forward.
    ///
    /// # Errors
    /// Where that leads beyond the year 9998.
    pub fn advance_clock(&self, by: Duration) -> Result<ClockReading, ControlError> {
        Ok(self.app.clock.advance(by)?)
    }

    /// Back to the clock that the zone was given.
    pub fn restore_clock(&self) -> ClockReading {
        self.app.clock.restore()
    }

    /// The requests received that `filter` takes, oldest first.
    pub fn requests(&self, filter: &RequestFilter) -> Vec<ReceivedRequest> {
        self.app.requests.list(filter).requests
    }

    /// Waits until `count` requests have come that `filter` takes, those included that came before.
    ///
    /// # Errors
    /// Where they do not come in time. The error says what came instead.
    pub async fn wait_for_requests(
        &self,
        filter: &RequestFilter,
        count: usize,
        at_most: Duration,
    ) -> Result<Vec<ReceivedRequest>, Box<NotReceived>> {
        Ok(self.app.requests.wait_for(filter, count, at_most).await?.requests)
    }

    /// Waits for one request that `filter` takes, and gives the first.
    ///
    /// # Errors
    /// As [`wait_for_requests`](Self::wait_for_requests).
    pub async fn wait_for_request(
        &self,
        filter: &RequestFilter,
        at_most: Duration,
    ) -> Result<ReceivedRequest, Box<NotReceived>> {
        let mut received = self.wait_for_requests(filter, 1, at_most).await?;
        Ok(received.swap_remove(0))
    }

    /// From now on this token opens nothing; with a refresh token its grant ends.
    pub fn revoke_token(&self, token: &str) {
        self.app.zone.revoke(token.to_owned());
    }

    /// Who is signed in.
    pub fn sessions(&self) -> Vec<HeldSession> {
        self.app.zone.sessions()
    }

    /// What users have granted.
    pub fn grants(&self) -> Vec<HeldGrant> {
        self.app.zone.grants()
    }

    /// Signs users out; how many sessions ended.
    ///
    /// # Errors
    /// Where there is no such user, or the selection speaks of grants.
    pub fn expire_sessions(&self, selection: Selection) -> Result<usize, ControlError> {
        Ok(self.app.zone.expire_sessions(selection)?)
    }

    /// Takes grants back; how many ended. Access tokens live until they expire.
    ///
    /// # Errors
    /// Where there is no such user.
    pub fn revoke_grants(&self, selection: Selection) -> Result<usize, ControlError> {
        Ok(self.app.zone.revoke_grants(selection)?)
    }

    /// Lets authorization codes expire; how many.
    ///
    /// # Errors
    /// Where there is no such user.
    pub fn expire_codes(&self, selection: Selection) -> Result<usize, ControlError> {
        Ok(self.app.zone.expire_codes(selection)?)
    }

    /// Lets refresh tokens expire; how many.
    ///
    /// # Errors
    /// Where there is no such user.
    pub fn expire_refresh_tokens(&self, selection: Selection) -> Result<usize, ControlError> {
        Ok(self.app.zone.expire_refresh_tokens(selection)?)
    }

    /// Adds a user who can sign in; what tokens carry as `sub`.
    ///
    /// # Errors
    /// Where the user exists already, or something in it cannot be.
    pub fn add_user(&self, user: &UserConfig) -> Result<String, ControlError> {
        let user = self.app.zone.with_directory(|directory| directory.add_user(user))?;
        Ok(user.identifier.clone())
    }

    /// Adds a resource, or changes the one that there is; whether it is new.
    ///
    /// # Errors
    /// Where something in it cannot be.
    pub fn put_resource(&self, resource: NewResource) -> Result<bool, ControlError> {
        self.app.put_resource(resource)
    }

    /// Adds an application; its credentials.
    ///
    /// # Errors
    /// Where it may have tokens for a resource that the zone does not know, or something in it cannot be.
    pub fn add_client(&self, client: NewClient) -> Result<ClientCredentials, ControlError> {
        self.app.add_client(client)
    }

    /// Back to the configuration. The keys stay.
    ///
    /// # Errors
    /// Never in practice: the configuration made a zone before.
    pub fn reset(&self) -> Result<(), ControlError> {
        self.app.reset()
    }
}
