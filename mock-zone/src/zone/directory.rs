//! Who and what the zone knows: users, resources, clients.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use super::assertion::Workload;
use super::bounded::Bounded;
use super::client_keys::KeySource;
use super::description::{listed, shown};
use super::identifiers;
use super::redirect;
use super::secret::Secret;
use crate::audit::{ClientRef, UserRef};
use crate::config::{ApplicationConfig, ClientKeys, Config, Issuer, ResourceConfig, UserConfig, WorkloadIdentity};

/// A user who can sign in.
pub(crate) struct User {
    pub(crate) id: String,
    /// What tokens carry as `sub`.
    pub(crate) identifier: String,
    pub(crate) email: String,
    pub(crate) password: Secret,
}

impl User {
    pub(crate) fn named(&self) -> UserRef {
        UserRef { id: self.id.clone(), identifier: self.identifier.clone(), email: self.email.clone() }
    }
}

/// A protected resource.
#[derive(Clone)]
pub(crate) struct Resource {
    pub(crate) identifier: String,
    pub(crate) name: String,
    pub(crate) scopes: Vec<String>,
    pub(crate) lifetime: Option<Duration>,
    /// The client id of the application that provides it, and so may exchange the tokens that are sent to it.
    pub(crate) application: Option<String>,
}

/// A client of the zone.
#[derive(Debug)]
pub(crate) struct Client {
    /// The OAuth `client_id`.
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) redirect_uris: Vec<String>,
    pub(crate) authentication: Authentication,
    pub(crate) grants: Vec<Grants>,
    /// The keys of its assertions.
    pub(crate) keys: Option<KeySource>,
    /// The platform whose tokens prove who it is.
    pub(crate) workload: Option<Workload>,
    pub(crate) standing: Standing,
}

/// How a client proves who it is at the token endpoint.
#[derive(Debug)]
pub(crate) enum Authentication {
    /// It cannot: a public client, protected by PKCE alone.
    None,
    /// By its secret, in the named ways.
    Secret { secret: Secret, methods: Methods },
    /// By an assertion that it signs, and in no other way.
    PrivateKey,
}

impl Authentication {
    /// Whether this is the client's secret.
    pub(super) fn has_secret(&self, sent: &str) -> bool {
        matches!(self, Self::Secret { secret, .. } if secret.matches(sent))
    }
}

/// The ways to send a client secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Methods {
    Basic,
    Post,
    Either,
}

/// The grants that a client may use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Grants {
    AuthorizationCode,
    RefreshToken,
    ClientCredentials,
    TokenExchange,
}

impl Grants {
    pub(crate) const ALL: [Self; 4] =
        [Self::AuthorizationCode, Self::RefreshToken, Self::ClientCredentials, Self::TokenExchange];

    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::AuthorizationCode => "authorization_code",
            Self::RefreshToken => "refresh_token",
            Self::ClientCredentials => "client_credentials",
            Self::TokenExchange => "urn:ietf:params:oauth:grant-type:token-exchange",
        }
    }

    pub(crate) fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|grant| grant.as_str() == name)
    }
}

/// How the zone came to know a client.
#[derive(Debug)]
pub(crate) enum Standing {
    /// It was configured, so somebody vouches for its redirect URIs.
    Application {
        /// What tokens carry as `keycard_app_id`, and as `sub` when it acts for itself.
        identifier: String,
        /// The resources it may have tokens for, on its own behalf or a user's.
        dependencies: Vec<String>,
        /// Whether a user must have granted access to a resource before their token is exchanged for it.
        consent_required: bool,
        /// Whether it may have tokens for users without a token of theirs.
        impersonation: bool,
    },
    /// It registered itself or has a metadata document, as anyone can.
    UserAgent,
}

impl Client {
    pub(crate) fn named(&self) -> ClientRef {
        ClientRef { client_id: self.id.clone(), name: self.name.clone() }
    }

    pub(crate) fn application_identifier(&self) -> Option<&str> {
        match &self.standing {
            Standing::Application { identifier, .. } => Some(identifier),
            Standing::UserAgent => None,
        }
    }

    /// Whether a browser may be sent to `redirect_uri` with a code although nobody looked at a page of the zone's.
    ///
    /// Anyone can register a client, so any web page could send a signed-in browser through the flow and have the
    /// code delivered to itself. A page cannot listen on loopback, and an application was vouched for.
    pub(crate) fn is_trusted_at(&self, redirect_uri: &str) -> bool {
        matches!(self.standing, Standing::Application { .. }) || redirect::is_loopback(redirect_uri)
    }
}

/// Why something was not added.
#[derive(Debug, thiserror::Error)]
pub(crate) enum DirectoryError {
    #[error("a user with the e-mail address or identifier {0:?} exists already")]
    UserTaken(String),
    #[error("the zone keeps at most {limit} {what}; reset it, or start another")]
    Full { what: &'static str, limit: usize },
    #[error("{what}: {because}")]
    Invalid { what: &'static str, because: String },
    #[error("this zone has no resource {identifier:?}; it has {known:?}")]
    UnknownResource { identifier: String, known: Vec<String> },
}

/// A resource indicator names nothing that this zone protects. The first words are the real zone's.
#[derive(Debug, thiserror::Error)]
#[error("Requested authorization for unknown resource {sent}; registered are {registered}{hint}")]
pub(crate) struct UnknownResource {
    sent: String,
    registered: String,
    hint: &'static str,
}

/// Everything that configuration and control plane put into the zone, and who registered since.
pub(crate) struct Directory {
    limit: usize,
    users: Vec<Arc<User>>,
    by_email: HashMap<String, Arc<User>>,
    by_identifier: HashMap<String, Arc<User>>,
    resources: HashMap<String, Arc<Resource>>,
    /// The identifiers in the order of their registration, without the platform's own resources.
    resource_order: Vec<String>,
    applications: HashMap<String, Arc<Client>>,
    /// By issuer, and by subject within.
    workloads: HashMap<String, HashMap<Option<String>, Arc<Client>>>,
    registered: Bounded<String, Arc<Client>>,
    /// Of metadata documents; none where the newest made no client.
    learned: Bounded<String, Option<Arc<Client>>>,
}

impl Directory {
    pub(crate) fn new(config: &Config, issuer: &Issuer) -> Result<Self, DirectoryError> {
        let mut directory = Self {
            limit: config.limits.directory,
            users: Vec::new(),
            by_email: HashMap::new(),
            by_identifier: HashMap::new(),
            resources: HashMap::new(),
            resource_order: Vec::new(),
            applications: HashMap::new(),
            workloads: HashMap::new(),
            registered: Bounded::new(config.limits.registrations),
            learned: Bounded::new(config.limits.registrations),
        };
        for (identifier, name) in
            [(events_resource(issuer), "Events API"), (userinfo_resource(issuer), "OpenID Connect UserInfo")]
        {
            directory.resources.insert(
                identifier.clone(),
                Arc::new(Resource {
                    identifier,
                    name: name.to_owned(),
                    scopes: Vec::new(),
                    lifetime: None,
                    application: None,
                }),
            );
        }
        for user in &config.users {
            directory.add_user(user)?;
        }
        for resource in &config.resources {
            directory.put_resource(resource)?;
        }
        for application in &config.applications {
            directory.add_application(application)?;
        }
        Ok(directory)
    }

    pub(crate) fn users(&self) -> &[Arc<User>] {
        &self.users
    }

    /// The user who signs in with this e-mail address, however it is capitalized.
    pub(crate) fn user_by_email(&self, email: &str) -> Option<Arc<User>> {
        self.by_email.get(&email.trim().to_lowercase()).cloned()
    }

    pub(crate) fn user_by_identifier(&self, identifier: &str) -> Option<Arc<User>> {
        self.by_identifier.get(identifier).cloned()
    }

    pub(crate) fn add_user(&mut self, user: &UserConfig) -> Result<Arc<User>, DirectoryError> {
        let email = user.email.to_lowercase();
        if !is_plain(&email, 320) || !email.contains('@') {
            return Err(DirectoryError::Invalid {
                what: "email",
                because: format!("{:?} is no e-mail address", user.email),
            });
        }
        if user.password.reveal().is_empty() {
            return Err(DirectoryError::Invalid { what: "password", because: "it must not be empty".to_owned() });
        }
        let id = identifiers::derive("user", &email);
        let identifier = user.identifier.clone().unwrap_or_else(|| id.clone());
        check_identifier("identifier", &identifier)?;
        if self.by_email.contains_key(&email) {
            return Err(DirectoryError::UserTaken(user.email.clone()));
        }
        if self.by_identifier.contains_key(&identifier) {
            return Err(DirectoryError::UserTaken(identifier));
        }
        self.check_room("users", self.users.len())?;
        let user = Arc::new(User {
            id,
            identifier: identifier.clone(),
            email: user.email.clone(),
            password: user.password.clone(),
        });
        self.users.push(Arc::clone(&user));
        self.by_email.insert(email, Arc::clone(&user));
        self.by_identifier.insert(identifier, Arc::clone(&user));
        Ok(user)
    }

    /// The identifiers of the resources that were configured, in that order.
    pub(crate) fn resource_identifiers(&self) -> &[String] {
        &self.resource_order
    }

    /// The resource with exactly this identifier: RFC 8707 indicators are compared byte for byte.
    pub(crate) fn resource(&self, identifier: &str) -> Option<Arc<Resource>> {
        self.resources.get(identifier).cloned()
    }

    /// The client id of the application that provides this resource, where one is known to.
    pub(crate) fn provider(&self, identifier: &str) -> Option<String> {
        self.resources.get(identifier)?.application.clone()
    }

    /// The resources that a request's indicators name (RFC 8707), in that order and each once. Every indicator must
    /// name one.
    pub(crate) fn resources_asked_for<'a>(
        &self,
        indicators: impl Iterator<Item = &'a str>,
    ) -> Result<Vec<Arc<Resource>>, UnknownResource> {
        let mut named = HashSet::new();
        indicators
            .filter(|indicator| named.insert(*indicator))
            .map(|indicator| self.resource(indicator).ok_or_else(|| self.unknown_resource(indicator)))
            .collect()
    }

    fn unknown_resource(&self, sent: &str) -> UnknownResource {
        let origin = sent.strip_suffix('/').unwrap_or(sent);
        let is_origin_only = self.resource_order.iter().any(|known| redirect::origin(known).as_deref() == Some(origin));
        UnknownResource {
            sent: shown(sent).into_owned(),
            registered: listed(&self.resource_order),
            // What some proxies of the zone's metadata make of it; the commonest mistake of all.
            hint: if is_origin_only { "; what was sent is an origin, and the identifier has a path too" } else { "" },
        }
    }

    /// Adds the resource, or gives the existing one these names. Tells whether it is new.
    pub(crate) fn put_resource(&mut self, resource: &ResourceConfig) -> Result<bool, DirectoryError> {
        check_identifier("identifier", &resource.identifier)?;
        for scope in &resource.scopes {
            if !super::scope::is_token(scope) {
                return Err(DirectoryError::Invalid {
                    what: "scopes",
                    because: format!("{scope:?} is no scope of RFC 6749 section 3.3"),
                });
            }
        }
        let is_new = !self.resources.contains_key(&resource.identifier);
        if is_new {
            self.check_room("resources", self.resource_order.len())?;
            self.resource_order.push(resource.identifier.clone());
        }
        self.resources.insert(
            resource.identifier.clone(),
            Arc::new(Resource {
                identifier: resource.identifier.clone(),
                name: resource.name.clone().unwrap_or_else(|| resource.identifier.clone()),
                scopes: resource.scopes.clone(),
                lifetime: resource.credential_lifetime,
                application: resource.application.clone(),
            }),
        );
        Ok(is_new)
    }

    pub(crate) fn client(&self, id: &str) -> Option<Arc<Client>> {
        let known = self.applications.get(id).or_else(|| self.registered.find(id));
        known.or_else(|| self.learned.find(id)?.as_ref()).cloned()
    }

    /// Whether an application has this client id, so that no document is asked about it.
    pub(crate) fn is_vouched_for(&self, id: &str) -> bool {
        self.applications.contains_key(id)
    }

    /// Whether tokens of this issuer prove who an application is.
    pub(crate) fn is_workload_issuer(&self, issuer: &str) -> bool {
        self.workloads.contains_key(issuer)
    }

    /// The application whose workload identity has this issuer and subject.
    pub(crate) fn workload(&self, issuer: &str, subject: &str) -> Option<Arc<Client>> {
        let of_issuer = self.workloads.get(issuer)?;
        of_issuer.get(&Some(subject.to_owned())).or_else(|| of_issuer.get(&None)).cloned()
    }

    pub(crate) fn add_application(&mut self, application: &ApplicationConfig) -> Result<Arc<Client>, DirectoryError> {
        check_identifier("client_id", &application.client_id)?;
        for uri in &application.redirect_uris {
            redirect::check_registrable(uri)
                .map_err(|because| DirectoryError::Invalid { what: "redirect_uris", because: because.to_string() })?;
        }
        for identifier in &application.dependencies {
            if !self.resources.contains_key(identifier) {
                return Err(DirectoryError::UnknownResource {
                    identifier: identifier.clone(),
                    known: self.resource_order.clone(),
                });
            }
        }
        if self.client(&application.client_id).is_some() {
            return Err(DirectoryError::Invalid {
                what: "client_id",
                because: format!("{:?} exists already", application.client_id),
            });
        }
        self.check_room("applications", self.applications.len())?;
        let keys = application.keys.as_ref().map(|keys| KeySource::configured(keys, &application.client_id));
        let keys = keys.transpose().map_err(|because| invalid("keys", &because))?;
        let workload =
            application.workload_identity.as_ref().map(|workload| self.read_workload(workload)).transpose()?;
        let client = Arc::new(Client {
            id: application.client_id.clone(),
            name: application.name.clone(),
            redirect_uris: application.redirect_uris.clone(),
            authentication: Authentication::Secret {
                secret: application.client_secret.clone(),
                methods: Methods::Either,
            },
            grants: Grants::ALL.to_vec(),
            keys,
            workload,
            standing: Standing::Application {
                identifier: format!("urn:app:{}", identifiers::derive("application", &application.client_id)),
                dependencies: application.dependencies.clone(),
                consent_required: application.consent_required,
                impersonation: application.impersonation,
            },
        });
        if let Some(workload) = &client.workload {
            let of_issuer = self.workloads.entry(workload.issuer.clone()).or_default();
            of_issuer.insert(workload.subject.clone(), Arc::clone(&client));
        }
        self.applications.insert(client.id.clone(), Arc::clone(&client));
        Ok(client)
    }

    fn read_workload(&self, configured: &WorkloadIdentity) -> Result<Workload, DirectoryError> {
        const WHAT: &str = "workload_identity";
        let subject = configured.subject.as_deref();
        for text in [Some(configured.issuer.as_str()), subject, configured.audience.as_deref()].into_iter().flatten() {
            check_identifier(WHAT, text)?;
        }
        if matches!(configured.keys, ClientKeys::Document) {
            return Err(invalid(WHAT, &"its keys must be jwks or jwks_uri"));
        }
        let keys = KeySource::configured(&configured.keys, "").map_err(|because| invalid(WHAT, &because))?;
        if self.workloads.get(&configured.issuer).is_some_and(|known| known.contains_key(&configured.subject)) {
            return Err(invalid(WHAT, &"another application has this issuer and subject"));
        }
        Ok(Workload {
            issuer: configured.issuer.clone(),
            subject: configured.subject.clone(),
            audience: configured.audience.clone(),
            keys,
        })
    }

    /// Keeps a client as its metadata document has it now.
    pub(crate) fn learn(&mut self, client: Arc<Client>) {
        match self.learned.find_mut(&client.id) {
            Some(known) => *known = Some(client),
            None => self.learned.insert(client.id.clone(), Some(client)),
        }
    }

    /// Forgets a client whose metadata document is not there any more.
    pub(crate) fn unlearn(&mut self, id: &str) {
        if let Some(known) = self.learned.find_mut(id) {
            *known = None;
        }
    }

    /// Keeps a client that registered itself.
    pub(crate) fn register(&mut self, client: Arc<Client>) {
        self.registered.insert(client.id.clone(), client);
    }

    fn check_room(&self, what: &'static str, count: usize) -> Result<(), DirectoryError> {
        if count < self.limit {
            return Ok(());
        }
        Err(DirectoryError::Full { what, limit: self.limit })
    }
}

/// The resource whose tokens open the audit feed.
pub(crate) fn events_resource(issuer: &Issuer) -> String {
    format!("{issuer}/events")
}

/// The resource of a sign-in that names none.
pub(crate) fn userinfo_resource(issuer: &Issuer) -> String {
    format!("{issuer}/openid/connect/userinfo")
}

fn invalid(what: &'static str, because: &dyn std::fmt::Display) -> DirectoryError {
    DirectoryError::Invalid { what, because: because.to_string() }
}

fn check_identifier(what: &'static str, identifier: &str) -> Result<(), DirectoryError> {
    if is_plain(identifier, 2048) {
        return Ok(());
    }
    Err(DirectoryError::Invalid {
        what,
        because: "it must have 1 to 2048 characters, no space and no control character".to_owned(),
    })
}

fn is_plain(text: &str, longest: usize) -> bool {
    !text.is_empty() && text.len() <= longest && !text.chars().any(|c| c.is_whitespace() || c.is_control())
}
