//! The zone: what it knows, and what it is asked to do. No HTTP type appears below here.

pub(crate) mod access_token;
pub(crate) mod algorithm;
pub(crate) mod assertion;
pub(crate) mod authorize;
mod bounded;
pub(crate) mod client_authentication;
pub(crate) mod client_keys;
pub(crate) mod client_metadata;
pub(crate) mod consent;
pub(crate) mod description;
pub(crate) mod directory;
pub(crate) mod display;
mod documents;
pub(crate) mod exchange;
pub(crate) mod flow;
mod grants;
pub(crate) mod held;
mod id_token;
pub(crate) mod identifiers;
mod impersonation;
pub(crate) mod introspect;
pub(crate) mod keys;
mod metadata;
pub(crate) mod mint;
pub(crate) mod parameters;
mod pkce;
mod prompt;
mod redirect;
pub(crate) mod register;
pub(crate) mod scope;
pub(crate) mod secret;
pub(crate) mod session;
pub(crate) mod sign_in;
pub(crate) mod sign_up;
pub(crate) mod token;
pub(crate) mod unreadable;
pub(crate) mod userinfo;
pub(crate) mod verify;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;

use crate::audit::{AuditLog, Draft};
use crate::config::{ApplicationConfig, ClientKeys, Config, Issuer};
use crate::fetch::Fetcher;
use crate::ports::Ports;
use assertion::Assertions;
use bounded::Bounded;
use consent::Consents;
use directory::{Client, Directory, DirectoryError};
use documents::Documents;
use flow::Flows;
use grants::GrantStore;
use keys::{KeyError, Keys};
use metadata::Metadata;
use session::Sessions;
use sign_up::SignUps;

/// An authorization server and everything it holds.
pub(crate) struct Zone {
    pub(crate) id: String,
    pub(crate) issuer: Issuer,
    pub(crate) keys: Keys,
    pub(crate) audit: AuditLog,
    metadata: Metadata,
    pub(crate) fetcher: Fetcher,
    config: Config,
    ports: Ports,
    state: Mutex<State>,
}

/// What requests change. One lock: every operation under it is short, and signing is done outside.
struct State {
    directory: Directory,
    flows: Flows,
    sessions: Sessions,
    consents: Consents,
    sign_ups: SignUps,
    grants: GrantStore,
    assertions: Assertions,
    documents: Documents,
    /// Access tokens that are no longer active.
    revoked: Bounded<String, ()>,
}

/// Why a configuration makes no zone.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ZoneError {
    #[error(transparent)]
    Key(#[from] KeyError),
    #[error(transparent)]
    Directory(#[from] DirectoryError),
    #[error("there is no user {0:?} to sign in automatically")]
    UnknownAutoSignIn(String),
    #[error(
        "{0:?} allows no client_id: give an exact URL with a path, an origin with one label that is _ (as in          https://_.example.com), or _ for all"
    )]
    AllowedClientId(String),
}

impl State {
    fn new(config: &Config, issuer: &Issuer, ports: &Ports) -> Result<Self, DirectoryError> {
        Ok(Self {
            directory: Directory::new(config, issuer)?,
            flows: Flows::new(config.limits.sessions),
            sessions: Sessions::new(config.limits.sessions),
            consents: Consents::new(config.limits.grants),
            sign_ups: SignUps::new(config.limits.sessions, config.limits.directory),
            grants: GrantStore::new(config.limits.grants, &*ports.entropy),
            assertions: Assertions::new(config.limits.assertions),
            documents: Documents::new(),
            revoked: Bounded::new(config.limits.grants),
        })
    }
}

impl Zone {
    /// A zone that can answer discovery at once; its first key is being made meanwhile.
    pub(crate) fn new(config: Config, issuer: Issuer, ports: Ports) -> Result<Self, ZoneError> {
        let state = State::new(&config, &issuer, &ports)?;
        if let Some(email) = &config.auto_sign_in
            && state.directory.user_by_email(email).is_none()
        {
            return Err(ZoneError::UnknownAutoSignIn(email.clone()));
        }
        let fetcher = Fetcher::new(config.fetch_loopback.unwrap_or(false));
        for application in &config.applications {
            check_keys(&fetcher, application)?;
        }
        if let Some(entry) = config.cimd.allowed_client_ids.iter().find(|entry| !client_metadata::is_entry(entry)) {
            return Err(ZoneError::AllowedClientId(entry.clone()));
        }
        // Last: a zone that does not start must not leave a thread behind that makes a key for it.
        let signing_key = config.signing_key.as_ref().map(secret::Secret::reveal);
        let keys = Keys::begin(&config.signing_algorithms, signing_key, config.limits.keys)?;
        let id = config.zone_id.clone().unwrap_or_else(|| identifiers::draw(&*ports.entropy));
        Ok(Self {
            keys,
            audit: AuditLog::new(&id, config.limits.events),
            metadata: Metadata::new(),
            fetcher,
            id,
            issuer,
            config,
            ports,
            state: Mutex::new(state),
        })
    }

    /// Forgets everything since the start but the keys.
    pub(crate) fn reset(&self) -> Result<(), DirectoryError> {
        let fresh = State::new(&self.config, &self.issuer, &self.ports)?;
        *self.state() = fresh;
        self.audit.clear();
        Ok(())
    }

    /// Both well-known documents, as served. No key is waited for: which algorithms there will be is known.
    pub(crate) fn metadata(&self) -> Arc<[u8]> {
        self.metadata.document(&self.issuer, self.keys.algorithms(), self.config.cimd.enabled)
    }

    /// Adds an application whose keys, where they must be fetched, are where something can be fetched.
    pub(crate) fn add_application(&self, application: &ApplicationConfig) -> Result<Arc<Client>, DirectoryError> {
        check_keys(&self.fetcher, application)?;
        self.with_directory(|directory| directory.add_application(application))
    }

    /// Does something with the directory of users, resources and clients.
    pub(crate) fn with_directory<T>(&self, f: impl FnOnce(&mut Directory) -> T) -> T {
        f(&mut self.state().directory)
    }

    pub(crate) fn draw_identifier(&self) -> String {
        identifiers::draw(&*self.ports.entropy)
    }

    pub(crate) fn draw_secret(&self) -> String {
        identifiers::draw_secret(&*self.ports.entropy)
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.ports.clock.now()
    }

    /// The configuration that the zone was started with.
    pub(crate) fn config(&self) -> &Config {
        &self.config
    }

    fn record(&self, draft: Draft) {
        self.audit.record(&self.ports, draft);
    }

    // Each change under the lock is complete before anything that can panic.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn check_keys(fetcher: &Fetcher, application: &ApplicationConfig) -> Result<(), DirectoryError> {
    let workload = application.workload_identity.as_ref().map(|workload| &workload.keys);
    for keys in application.keys.iter().chain(workload) {
        let (what, url) = match keys {
            ClientKeys::Jwks(_) => continue,
            ClientKeys::JwksUri(uri) => ("jwks_uri", uri),
            ClientKeys::Document => ("client_id", &application.client_id),
        };
        fetcher.check(url).map_err(|because| DirectoryError::Invalid { what, because: because.to_string() })?;
    }
    Ok(())
}

/// `duration` after `moment`, or the end of time.
pub(crate) fn later(moment: Timestamp, duration: std::time::Duration) -> Timestamp {
    moment.saturating_add(duration).unwrap_or(Timestamp::MAX)
}
