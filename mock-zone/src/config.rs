//! What a zone is made of before the first request: issuer, users, resources, applications, limits.

mod clients;

use std::fmt;
use std::net::SocketAddr;
use std::time::Duration;

pub use clients::{Cimd, ClientKeys, WorkloadIdentity};

use url::Url;

use crate::zone::algorithm::SigningAlgorithm;
use crate::zone::secret::Secret;

/// A zone's configuration. [`Config::default`] is the zone that needs no configuration.
#[derive(Debug, Clone)]
pub struct Config {
    /// The issuer; `None` derives it from the first listening address.
    pub issuer: Option<Issuer>,
    /// The zone's identifier, 26 characters of `a-z0-9`; `None` draws one.
    pub zone_id: Option<String>,
    /// Who can sign in.
    pub users: Vec<UserConfig>,
    /// The protected resources that tokens can be asked for.
    pub resources: Vec<ResourceConfig>,
    /// Applications with a credential of their own, known before any registration.
    pub applications: Vec<ApplicationConfig>,
    /// Host names answered besides loopback and the issuer's.
    pub allowed_hosts: Vec<String>,
    /// The e-mail address of the user whom the zone signs in without showing a page, for requests from this machine.
    pub auto_sign_in: Option<String>,
    /// Whether only invited addresses may sign up. The real zone's default is true; here a new user needs no preparation.
    pub requires_invitation: bool,
    /// Which pages ask who the user is.
    pub login_flow: LoginFlow,
    /// Whether `/_control` exists, and what it demands.
    pub control: Control,
    /// A key is made for each of these and published; the first one signs. An algorithm may come more than once.
    pub signing_algorithms: Vec<SigningAlgorithm>,
    /// A private key in PEM form for the first of them; `None` generates one in the background, as the others are.
    pub signing_key: Option<Secret>,
    /// How long an access token is valid, unless its resource says otherwise.
    pub access_token_lifetime: Duration,
    /// How long an authorization code is valid.
    pub code_lifetime: Duration,
    /// How long a refresh token is valid, counted from its last rotation.
    pub refresh_token_lifetime: Duration,
    /// How long a browser stays signed in.
    pub session_lifetime: Duration,
    /// Which clients the zone learns from their own metadata documents.
    pub cimd: Cimd,
    /// Whether metadata documents and key sets are fetched from this machine too; `None`: while the zone listens on
    /// loopback alone.
    pub fetch_loopback: Option<bool>,
    /// Whether a client assertion may name the client itself as its audience, as Keycard's TypeScript SDK has it.
    pub assertion_audience_client_id: bool,
    /// Whether an exchange takes an `actor_token` and writes the chain of actors into `act` (RFC 8693 section 4.1).
    pub act_chain: bool,
    /// The sizes that no request may make the zone exceed.
    pub limits: Limits,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            issuer: None,
            zone_id: None,
            users: vec![
                UserConfig::new("alice@example.com", "password"),
                UserConfig::new("bob@example.com", "password"),
            ],
            // The guide's two servers: Python on port 8000, TypeScript on port 8080.
            resources: vec![
                ResourceConfig::new("http://localhost:8000/mcp"),
                ResourceConfig::new("http://localhost:8080/mcp"),
            ],
            applications: Vec::new(),
            allowed_hosts: Vec::new(),
            auto_sign_in: None,
            requires_invitation: false,
            login_flow: LoginFlow::Default,
            control: Control::Open,
            signing_algorithms: vec![SigningAlgorithm::Rs256],
            signing_key: None,
            access_token_lifetime: Duration::from_secs(60 * 60),
            code_lifetime: Duration::from_secs(60),
            refresh_token_lifetime: Duration::from_secs(30 * 24 * 60 * 60),
            session_lifetime: Duration::from_secs(12 * 60 * 60),
            cimd: Cimd::default(),
            fetch_loopback: None,
            assertion_audience_client_id: false,
            act_chain: false,
            limits: Limits::default(),
        }
    }
}

/// Which pages ask who the user is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum LoginFlow {
    /// One, for the e-mail address and the password.
    #[default]
    Default,
    /// Two: the e-mail address first.
    IdentifierFirst,
}

/// Who may use the control plane.
#[derive(Debug, Clone)]
pub enum Control {
    /// It is not there.
    Absent,
    /// Whoever reaches it, which is allowed only while the zone listens on loopback alone.
    Open,
    /// Whoever presents this token.
    Token(Secret),
}

/// A user who can sign in.
#[derive(Debug, Clone)]
pub struct UserConfig {
    /// The address typed into the sign-in form.
    pub email: String,
    /// The password.
    pub password: Secret,
    /// What tokens carry as `sub`; `None` takes the user's id.
    pub identifier: Option<String>,
}

impl UserConfig {
    /// A user whose identifier is their id.
    pub fn new(email: &str, password: &str) -> Self {
        Self { email: email.to_owned(), password: Secret::new(password), identifier: None }
    }
}

/// A protected resource.
#[derive(Debug, Clone)]
pub struct ResourceConfig {
    /// The resource identifier, which becomes `aud` byte for byte.
    pub identifier: String,
    /// What people call it; `None` takes the identifier.
    pub name: Option<String>,
    /// The scopes it declares. The zone does not limit requests to them, as the real one does not without a policy.
    pub scopes: Vec<String>,
    /// How long tokens for it are valid; `None` takes the zone's value.
    pub credential_lifetime: Option<Duration>,
    /// The client id of the application that provides it: the only one that may exchange tokens for it.
    pub application: Option<String>,
}

impl ResourceConfig {
    /// A resource with nothing but its identifier.
    pub fn new(identifier: &str) -> Self {
        Self {
            identifier: identifier.to_owned(),
            name: None,
            scopes: Vec::new(),
            credential_lifetime: None,
            application: None,
        }
    }
}

/// An application with a client secret, and further credentials if it has them.
#[derive(Debug, Clone)]
pub struct ApplicationConfig {
    /// What people call it.
    pub name: String,
    /// The OAuth `client_id`.
    pub client_id: String,
    /// The OAuth `client_secret`.
    pub client_secret: Secret,
    /// Where its users may be sent back to.
    pub redirect_uris: Vec<String>,
    /// The resources it may have tokens for, on its own behalf or by exchange.
    pub dependencies: Vec<String>,
    /// Whether users are asked for their consent, at sign-in and before their token is exchanged for a resource. For the
    /// latter any sign-in for that resource is the grant.
    pub consent_required: bool,
    /// The keys of its assertions (`private_key_jwt`), which it may send in place of its secret.
    pub keys: Option<ClientKeys>,
    /// The platform whose tokens prove that it is this application.
    pub workload_identity: Option<WorkloadIdentity>,
    /// Whether it may have tokens for users who granted access, without a token of theirs. The real zone's policies
    /// decide that; here nothing but this does.
    pub impersonation: bool,
}

impl ApplicationConfig {
    /// An application with a secret and nothing else.
    pub fn new(name: &str, client_id: &str, client_secret: Secret) -> Self {
        Self {
            name: name.to_owned(),
            client_id: client_id.to_owned(),
            client_secret,
            redirect_uris: Vec::new(),
            dependencies: Vec::new(),
            consent_required: false,
            keys: None,
            workload_identity: None,
            impersonation: false,
        }
    }
}

/// The sizes that no request may make the zone exceed.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Users, and likewise resources and applications. A full store refuses.
    pub directory: usize,
    /// Clients that registered themselves. The oldest makes room.
    pub registrations: usize,
    /// Sign-ins under way, and likewise sessions. The oldest makes room.
    pub sessions: usize,
    /// Authorization codes remembered, and likewise grants. The oldest makes room.
    pub grants: usize,
    /// Audit events kept. The oldest makes room.
    pub events: usize,
    /// Requests kept in the control plane's list. The oldest makes room.
    pub requests: usize,
    /// Signing keys kept, retired ones included. The oldest retired one makes room.
    pub keys: usize,
    /// Client assertions remembered until they expire, so that none is taken twice. A full store refuses.
    pub assertions: usize,
    /// Connections served at once. More wait.
    pub connections: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            directory: 10_000,
            registrations: 4_096,
            sessions: 4_096,
            grants: 10_000,
            events: 10_000,
            requests: 10_000,
            keys: 64,
            assertions: 10_000,
            connections: 1_024,
        }
    }
}

/// An issuer identifier: an http(s) origin, kept byte for byte and never with a final slash.
#[derive(Clone, PartialEq, Eq)]
pub struct Issuer {
    text: String,
    host: String,
}

/// Why a text is no issuer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum IssuerError {
    /// It is no absolute http(s) URL.
    #[error("the issuer must be an absolute http or https URL such as http://localhost:9400, got {0:?}")]
    NotHttpUrl(String),
    /// It carries a user name or password, which no message may repeat.
    #[error("the issuer must not carry a user name or password (there is an @ in it): give scheme, host and port only")]
    UserInfo,
    /// It ends with a slash, and clients compare the issuer byte for byte.
    #[error("the issuer must not end with a slash (clients compare it byte for byte): use {0:?}")]
    FinalSlash(String),
    /// It carries something that an issuer of this zone cannot.
    #[error("the issuer {0:?} must be scheme, host and port only: this zone serves its documents at the root")]
    NotAnOrigin(String),
}

impl Issuer {
    /// Reads an issuer.
    pub fn parse(text: &str) -> Result<Self, IssuerError> {
        // An @ has no other place in an origin; looked for first, since what cannot be parsed may hold a password too.
        if text.contains('@') {
            return Err(IssuerError::UserInfo);
        }
        let no_url = || IssuerError::NotHttpUrl(text.to_owned());
        let url = Url::parse(text).map_err(|_| no_url())?;
        let host = url.host_str().ok_or_else(no_url)?;
        if !matches!(url.scheme(), "http" | "https") || !text.is_ascii() {
            return Err(no_url());
        }
        if text.ends_with('/') {
            return Err(IssuerError::FinalSlash(text.trim_end_matches('/').to_owned()));
        }
        let is_origin = url.path() == "/" && url.query().is_none() && url.fragment().is_none();
        // The URL parser forgives spaces, backslashes and capital letters; an issuer is compared as text, so only
        // the text that the parser itself would write is taken. A default port stays if it was written.
        let written = url.origin().ascii_serialization();
        let with_port = url.port_or_known_default().map(|port| format!("{}://{host}:{port}", url.scheme()));
        if !is_origin || (text != written && Some(text) != with_port.as_deref()) {
            return Err(IssuerError::NotAnOrigin(text.to_owned()));
        }
        Ok(Self { text: text.to_owned(), host: host.to_owned() })
    }

    /// The issuer of a zone that listens on `address` and was told no other name.
    pub fn of_address(address: SocketAddr) -> Self {
        let host = match address {
            SocketAddr::V4(v4) => v4.ip().to_string(),
            SocketAddr::V6(v6) => format!("[{}]", v6.ip()),
        };
        Self { text: format!("http://{host}:{}", address.port()), host }
    }

    /// The issuer of a zone on both loopback addresses, one of which `localhost` names for each client.
    pub fn localhost(port: u16) -> Self {
        Self { text: format!("http://localhost:{port}"), host: "localhost".to_owned() }
    }

    /// The issuer as clients must see it.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The host name, an IPv6 address in brackets.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// Whether browsers reach the zone over TLS, so that cookies can insist on it.
    pub fn is_https(&self) -> bool {
        self.text.starts_with("https://")
    }
}

impl fmt::Display for Issuer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl fmt::Debug for Issuer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Issuer({})", self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_issuer_is_kept_byte_for_byte() {
        for text in [
            "http://localhost:9400",
            "https://zone.example.com",
            "https://zone.example.com:443",
            "http://127.0.0.1:1",
            "http://[::1]:9400",
        ] {
            assert_eq!(Issuer::parse(text).unwrap().as_str(), text);
        }
    }

    #[test]
    fn what_clients_could_not_compare_is_no_issuer() {
        assert_eq!(
            Issuer::parse("http://localhost:9400/"),
            Err(IssuerError::FinalSlash("http://localhost:9400".to_owned()))
        );
        for text in [
            "",
            "localhost:9400",
            "ftp://localhost",
            "http://localhost:9400/zones/a",
            "http://localhost:9400?a=b",
            "http://localhost:9400#a",
            "http://user@localhost:9400",
            "http://LOCALHOST:9400",
            " http://localhost:9400",
            "http:\\\\localhost:9400",
        ] {
            assert!(Issuer::parse(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn no_error_repeats_what_may_be_a_password() {
        for text in [
            "https://user:hunter2@zone",
            "https://user:hunter2@zone/",
            "http:user:hunter2@",
            "u:hunter2@zo ne",
            "@hunter2",
        ] {
            assert_eq!(Issuer::parse(text), Err(IssuerError::UserInfo), "{text}");
        }
        assert!(!IssuerError::UserInfo.to_string().contains("hunter2"));
    }
}
