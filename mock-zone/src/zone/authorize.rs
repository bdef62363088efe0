//! Authorization request → code: who asks, where the answer may go, for which resource, proven with what.

use std::sync::Arc;

use jiff::Timestamp;

use super::client_metadata::MetadataError;
use super::description::{description, listed, shown};
use super::directory::{Client, Grants, Resource, UnknownResource, userinfo_resource};
use super::grants::{Code, Grant, draw_code};
use super::parameters::{Parameters, Repeated};
use super::pkce::Challenge;
use super::prompt::{self, Prompt, PromptError};
use super::session::Session;
use super::sign_in;
use super::{Zone, later, redirect, scope};
use crate::audit::{Draft, EventName, Scopes, Source};

/// An authorization request that the zone will answer once it knows the user.
pub(crate) struct AuthorizationRequest {
    pub(crate) client: Arc<Client>,
    /// Where the answer goes: registered by the client.
    pub(crate) redirect_uri: String,
    state: Option<String>,
    challenge: Challenge,
    pub(crate) resource: Arc<Resource>,
    /// What is asked for beside it.
    pub(crate) targets: Vec<Arc<Resource>>,
    pub(crate) scopes: Vec<String>,
    pub(crate) prompt: Prompt,
    /// How many seconds ago the user may have signed in at most.
    max_age: Option<i64>,
    /// Who the client thinks its user is.
    pub(crate) login_hint: Option<String>,
    /// What the ID token repeats (OpenID Connect Core section 3.1.2.1).
    pub(crate) nonce: Option<String>,
    pub(crate) correlation_id: String,
}

impl AuthorizationRequest {
    /// Whether the user must sign in, although they did at `authenticated_at`.
    pub(crate) fn asks_for_sign_in(&self, authenticated_at: Timestamp, now: Timestamp) -> bool {
        let age = now.as_second().saturating_sub(authenticated_at.as_second());
        // Zero means now, however short a while ago that was.
        self.prompt.login || self.max_age.is_some_and(|most| most == 0 || age > most)
    }

    /// The origin that the answer goes to.
    pub(crate) fn destination(&self) -> Option<String> {
        redirect::origin(&self.redirect_uri)
    }
}

/// Why there will be no code. Each names what was expected and what came.
#[derive(Debug, thiserror::Error)]
pub(crate) enum AuthorizeError {
    #[error("the request is longer than the {longest} bytes that this zone reads")]
    TooLong { longest: usize },
    #[error(transparent)]
    Repeated(#[from] Repeated),
    #[error("client_id is required")]
    ClientMissing,
    #[error("no client is registered under this client_id; the zone forgets clients when it restarts: register again")]
    UnknownClient,
    #[error(transparent)]
    ClientMetadata(#[from] MetadataError),
    #[error("redirect_uri is required: the client registered {registered}")]
    RedirectMissing { registered: String },
    #[error("redirect_uri {sent} is not registered; the client registered {registered} (compared byte for byte)")]
    RedirectMismatch { sent: String, registered: String },
    #[error("this client may not use the grant authorization_code")]
    GrantNotAllowed,
    #[error("response_type is required, and must be code")]
    ResponseTypeMissing,
    #[error("response_type must be code")]
    ResponseType,
    #[error("response_mode must be query")]
    ResponseMode,
    #[error("the parameter {0} is not supported")]
    RequestObject(&'static str),
    #[error("code_challenge is required: this zone demands PKCE (RFC 7636)")]
    ChallengeMissing,
    #[error("code_challenge_method must be S256; left out it means plain, which is refused")]
    ChallengeMethod,
    #[error("code_challenge must be the SHA-256 of the verifier in base64url: 43 characters")]
    ChallengeMalformed,
    #[error(transparent)]
    UnknownResource(#[from] UnknownResource),
    #[error("scope must be scopes of RFC 6749 section 3.3 between spaces, at most 100 in 4096 characters")]
    MalformedScope,
    #[error(transparent)]
    Prompt(#[from] PromptError),
    #[error("prompt is none, but the user must look at a page first")]
    PageNeeded,
    #[error("prompt is none, but the user must look at a page first: they have not consented to this")]
    ConsentNeeded,
    #[error("the user denied access")]
    Denied,
}

impl AuthorizeError {
    /// The `error` value of RFC 6749 section 4.1.2.1, RFC 8707 section 2 or OpenID Connect Core section 3.1.2.6.
    pub(crate) fn oauth_code(&self) -> &'static str {
        match self {
            Self::UnknownClient | Self::ClientMetadata(_) => "invalid_client",
            Self::GrantNotAllowed => "unauthorized_client",
            Self::ResponseType => "unsupported_response_type",
            Self::RequestObject("request") => "request_not_supported",
            Self::RequestObject(_) => "request_uri_not_supported",
            Self::UnknownResource(_) => "invalid_target",
            Self::MalformedScope => "invalid_scope",
            Self::PageNeeded => "login_required",
            Self::ConsentNeeded => "consent_required",
            Self::Denied => "access_denied",
            Self::TooLong { .. }
            | Self::Repeated(_)
            | Self::ClientMissing
            | Self::RedirectMissing { .. }
            | Self::RedirectMismatch { .. }
            | Self::ResponseTypeMissing
            | Self::ResponseMode
            | Self::Prompt(_)
            | Self::ChallengeMissing
            | Self::ChallengeMethod
            | Self::ChallengeMalformed => "invalid_request",
        }
    }
}

/// A refused request, and where the refusal may be sent.
#[derive(Debug)]
pub(crate) struct AuthorizeRefusal {
    pub(crate) error: AuthorizeError,
    /// The client's redirect URI with the error in it. `None`: no URI can be trusted, so the user is told instead.
    pub(crate) redirect: Option<String>,
}

/// What is known of a request before it is known to be good.
#[derive(Default)]
struct Trail {
    client: Option<Arc<Client>>,
    redirect_uri: Option<String>,
    state: Option<String>,
    resource: Option<String>,
    requested: Vec<String>,
    session: Option<Session>,
}

impl Zone {
    /// Reads an authorization request. A refusal leaves an event.
    pub(crate) fn consider(
        &self,
        parameters: &Parameters<'_>,
        source: &Source,
    ) -> Result<AuthorizationRequest, AuthorizeRefusal> {
        let mut trail = Trail::default();
        self.read(parameters, &mut trail).map_err(|error| self.refuse(error, trail, self.draw_identifier(), source))
    }

    /// Refuses a request that is not even read.
    pub(crate) fn refuse_unread(&self, error: AuthorizeError, source: &Source) -> AuthorizeRefusal {
        self.refuse(error, Trail::default(), self.draw_identifier(), source)
    }

    /// Refuses a request that was good, in the name of whoever is signed in.
    pub(super) fn refuse_request(
        &self,
        request: &AuthorizationRequest,
        error: AuthorizeError,
        session: Option<&Session>,
        source: &Source,
    ) -> AuthorizeRefusal {
        let trail = Trail {
            resource: Some(request.resource.identifier.clone()),
            client: Some(Arc::clone(&request.client)),
            redirect_uri: Some(request.redirect_uri.clone()),
            state: request.state.clone(),
            requested: request.scopes.clone(),
            session: session.cloned(),
        };
        self.refuse(error, trail, request.correlation_id.clone(), source)
    }

    /// Grants what was asked to the signed-in user's client, and gives the URL that carries the code to it.
    pub(crate) fn authorize(&self, request: &AuthorizationRequest, session: &Session, source: &Source) -> String {
        let code = draw_code(&*self.ports.entropy);
        let grant = Arc::new(Grant {
            id: self.draw_identifier(),
            client_id: request.client.id.clone(),
            user: Arc::clone(&session.user),
            session_id: session.id.clone(),
            resource: Arc::clone(&request.resource),
            targets: request.targets.clone(),
            scopes: request.scopes.clone(),
            nonce: request.nonce.clone(),
            authenticated_at: session.authenticated_at,
            correlation_id: request.correlation_id.clone(),
        });
        let draft = Draft {
            message: "Your access was authorized".to_owned(),
            user: Some(session.user.named()),
            client: Some(request.client.named()),
            session_id: Some(session.id.clone()),
            grant_id: Some(grant.id.clone()),
            resource: Some(grant.resource.identifier.clone()),
            scopes: Scopes { requested: request.scopes.clone(), granted: grant.scopes.clone() },
            ..Draft::new(EventName::UsersAuthorize, request.correlation_id.clone(), source.clone())
        };
        self.state().grants.record(
            &code,
            Code {
                grant,
                redirect_uri: request.redirect_uri.clone(),
                challenge: request.challenge.clone(),
                expires_at: later(self.now(), self.config.code_lifetime),
            },
        );
        self.record(draft);
        self.answer(&request.redirect_uri, &[("code", &code)], request.state.as_deref())
    }

    fn read(&self, parameters: &Parameters<'_>, trail: &mut Trail) -> Result<AuthorizationRequest, AuthorizeError> {
        // Who asks, and where an answer may go, come first: until both are known nothing is sent anywhere.
        let client_id = parameters.single("client_id")?.ok_or(AuthorizeError::ClientMissing)?;
        let client =
            self.with_directory(|directory| directory.client(client_id)).ok_or(AuthorizeError::UnknownClient)?;
        trail.client = Some(Arc::clone(&client));
        let sent = parameters.single("redirect_uri")?;
        let redirect_uri = destination(&client, sent)?;
        trail.redirect_uri = Some(redirect_uri.clone());
        // From here on the client hears about it; a state given twice is no state.
        trail.state = parameters.single("state")?.map(str::to_owned);

        if !client.grants.contains(&Grants::AuthorizationCode) {
            return Err(AuthorizeError::GrantNotAllowed);
        }
        for name in ["request", "request_uri"] {
            if parameters.all(name).next().is_some() {
                return Err(AuthorizeError::RequestObject(name));
            }
        }
        if parameters.single("response_type")?.ok_or(AuthorizeError::ResponseTypeMissing)? != "code" {
            return Err(AuthorizeError::ResponseType);
        }
        if !matches!(parameters.single("response_mode")?, None | Some("query")) {
            return Err(AuthorizeError::ResponseMode);
        }
        let scopes = scope::parse(parameters.single("scope")?.unwrap_or("")).ok_or(AuthorizeError::MalformedScope)?;
        trail.requested.clone_from(&scopes);
        let challenge = parameters.single("code_challenge")?.ok_or(AuthorizeError::ChallengeMissing)?;
        if parameters.single("code_challenge_method")? != Some("S256") {
            return Err(AuthorizeError::ChallengeMethod);
        }
        let challenge = Challenge::parse(challenge).ok_or(AuthorizeError::ChallengeMalformed)?;
        let (resource, targets) = self.requested_resources(parameters, trail)?;
        Ok(AuthorizationRequest {
            client,
            redirect_uri,
            state: trail.state.clone(),
            challenge,
            resource,
            targets,
            scopes,
            prompt: Prompt::parse(parameters.single("prompt")?.unwrap_or(""))?,
            max_age: parameters.single("max_age")?.map(prompt::max_age).transpose()?,
            login_hint: parameters.single("login_hint")?.and_then(sign_in::suggestion),
            nonce: parameters.single("nonce")?.map(str::to_owned),
            correlation_id: self.draw_identifier(),
        })
    }

    /// The resource that the token will be for, and those that it is granted beside it.
    fn requested_resources(
        &self,
        parameters: &Parameters<'_>,
        trail: &mut Trail,
    ) -> Result<(Arc<Resource>, Vec<Arc<Resource>>), UnknownResource> {
        // Without an indicator the real zone issues a token for its UserInfo resource.
        let unasked = userinfo_resource(&self.issuer);
        let first = parameters.all("resource").next().unwrap_or(&unasked);
        trail.resource = Some(shown(first).into_owned());
        let indicators = std::iter::once(first).chain(parameters.all("resource"));
        let mut resources = self.with_directory(|directory| directory.resources_asked_for(indicators))?;
        let targets = resources.split_off(1);
        let resource = resources.remove(0);
        trail.resource = Some(resource.identifier.clone());
        Ok((resource, targets))
    }

    fn refuse(&self, error: AuthorizeError, trail: Trail, correlation_id: String, source: &Source) -> AuthorizeRefusal {
        self.record(Draft {
            reason: Some(error.oauth_code()),
            message: error.to_string(),
            user: trail.session.as_ref().map(|session| session.user.named()),
            client: trail.client.as_ref().map(|client| client.named()),
            session_id: trail.session.map(|session| session.id),
            resource: trail.resource,
            scopes: Scopes { requested: trail.requested, granted: Vec::new() },
            ..Draft::new(EventName::UsersAuthorize, correlation_id, source.clone())
        });
        let redirect = trail.redirect_uri.map(|uri| {
            let text = description(&error.to_string());
            self.answer(&uri, &[("error", error.oauth_code()), ("error_description", &text)], trail.state.as_deref())
        });
        AuthorizeRefusal { error, redirect }
    }

    /// The redirect URI with an answer in it. Each says who answered, so that a client which uses several servers
    /// cannot be made to send one's code to another (RFC 9207).
    fn answer(&self, uri: &str, parameters: &[(&str, &str)], state: Option<&str>) -> String {
        let mut all = parameters.to_vec();
        if let Some(state) = state {
            all.push(("state", state));
        }
        all.push(("iss", self.issuer.as_str()));
        redirect::with_parameters(uri, &all)
    }

    /// The redirect that tells the client of an error which a test asks for.
    pub(crate) fn error_redirect(
        &self,
        request: &AuthorizationRequest,
        error: &str,
        description: Option<&str>,
    ) -> String {
        let mut parameters = vec![("error", error)];
        parameters.extend(description.map(|description| ("error_description", description)));
        self.answer(&request.redirect_uri, &parameters, request.state.as_deref())
    }
}

/// Where the client may be answered. It may leave the URI out if it registered exactly one (RFC 6749 section
/// 3.1.2.3).
fn destination(client: &Client, sent: Option<&str>) -> Result<String, AuthorizeError> {
    let registered = || listed(&client.redirect_uris.iter().map(|uri| shown(uri).into_owned()).collect::<Vec<_>>());
    match (sent, client.redirect_uris.as_slice()) {
        (Some(sent), known) if redirect::matches(known, sent) => Ok(sent.to_owned()),
        (Some(sent), _) => {
            Err(AuthorizeError::RedirectMismatch { sent: shown(sent).into_owned(), registered: registered() })
        }
        (None, [only]) => Ok(only.clone()),
        (None, _) => Err(AuthorizeError::RedirectMissing { registered: registered() }),
    }
}
