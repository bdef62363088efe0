//! Code, refresh token, client credentials or subject token → access token.

use std::sync::Arc;

use serde::Serialize;

use super::access_token::{Holder, Issued};
use super::client_authentication::ClientError;
use super::description::{listed, shown};
use super::directory::{Client, Grants, Resource, Standing, UnknownResource};
use super::exchange::ExchangeError;
use super::grants::{Grant, Refused};
use super::id_token::Occasion;
use super::keys::{KeyError, SigningKey};
use super::parameters::{Parameters, Repeated};
use super::unreadable::Unreadable;
use super::{Zone, later, scope};
use crate::audit::{Draft, EventName, Scopes, Source, UserRef};

/// A token request as it arrived.
pub(crate) struct TokenRequest<'a> {
    /// The `Authorization` header.
    pub(crate) authorization: Option<&'a str>,
    pub(crate) parameters: Parameters<'a>,
    pub(crate) source: Source,
}

/// A successful answer (RFC 6749 section 5.1).
#[derive(Serialize)]
pub(crate) struct TokenResponse {
    access_token: String,
    token_type: &'static str,
    expires_in: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    refresh_token: Option<String>,
    /// Where the scope has `openid`, of a user's sign-in alone (OpenID Connect Core sections 3.1.3.3 and 12.2).
    #[serde(skip_serializing_if = "Option::is_none")]
    id_token: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    scope: Option<String>,
    /// Of an exchange alone (RFC 8693 section 2.2.1).
    #[serde(skip_serializing_if = "Option::is_none")]
    issued_token_type: Option<&'static str>,
    /// `jti`, for the control plane.
    #[serde(skip)]
    pub(crate) id: String,
}

/// Why no token was issued. No text repeats a code, verifier, secret or token.
#[derive(Debug, thiserror::Error)]
pub(crate) enum TokenError {
    #[error("send the parameters as application/x-www-form-urlencoded in the body")]
    NotAForm,
    #[error(transparent)]
    Unreadable(#[from] Unreadable),
    #[error(transparent)]
    Repeated(#[from] Repeated),
    #[error(transparent)]
    Client(#[from] ClientError),
    #[error("grant_type is required")]
    GrantTypeMissing,
    #[error(
        "this zone serves the grant types authorization_code, refresh_token, client_credentials and token exchange (RFC 8693)"
    )]
    UnsupportedGrantType,
    #[error("this client did not register the grant type {0}")]
    GrantNotAllowed(&'static str),
    #[error("a public client cannot use client_credentials: nothing proves who asks")]
    PublicClient,
    #[error("{0} is required")]
    Missing(&'static str),
    #[error("the {0} was not issued by this zone, or not since it started")]
    Unknown(&'static str),
    #[error("the {0} was issued to another client")]
    OtherClient(&'static str),
    #[error("the {0} has expired")]
    Expired(&'static str),
    #[error(
        "the {0} was used before; the grant behind it is revoked, so its refresh tokens work no more, and its access \
         tokens open nothing at the zone; whoever verifies those by signature alone takes them until they expire"
    )]
    UsedAgain(&'static str),
    #[error("the grant behind the {0} was revoked")]
    Revoked(&'static str),
    #[error("redirect_uri must be the one that the code was sent to, or be left out")]
    RedirectMismatch,
    #[error("code_verifier does not fit the code_challenge of the authorization request")]
    WrongVerifier,
    #[error(transparent)]
    UnknownResource(#[from] UnknownResource),
    #[error("this grant is for the resource {granted}, and not for {asked}")]
    OtherResource { asked: String, granted: String },
    #[error("scope must be scopes of RFC 6749 section 3.3 between spaces, at most 100 in 4096 characters")]
    MalformedScope,
    #[error("scope asks for more than was granted: {granted}")]
    ScopeBeyondGrant { granted: String },
    #[error("application {application} is not allowed to access resource {resource}: it is not among its dependencies")]
    NotADependency { application: String, resource: String },
    #[error(transparent)]
    Exchange(#[from] ExchangeError),
    #[error(transparent)]
    Key(#[from] KeyError),
}

impl TokenError {
    /// What the sender of the request is told.
    pub(crate) fn told(&self) -> String {
        if let Self::Client(error) = self { error.told() } else { self.to_string() }
    }

    /// The `error` value of RFC 6749 section 5.2 or RFC 8707 section 2; `None` where the zone is at fault.
    pub(crate) fn oauth_code(&self) -> Option<&'static str> {
        Some(match self {
            Self::Client(error) => error.oauth_code(),
            Self::NotAForm | Self::Unreadable(_) | Self::Repeated(_) | Self::GrantTypeMissing | Self::Missing(_) => {
                "invalid_request"
            }
            Self::UnsupportedGrantType => "unsupported_grant_type",
            Self::GrantNotAllowed(_) | Self::PublicClient => "unauthorized_client",
            Self::Unknown(_)
            | Self::OtherClient(_)
            | Self::Expired(_)
            | Self::UsedAgain(_)
            | Self::Revoked(_)
            | Self::RedirectMismatch
            | Self::WrongVerifier => "invalid_grant",
            Self::UnknownResource(_) | Self::OtherResource { .. } => "invalid_target",
            Self::MalformedScope | Self::ScopeBeyondGrant { .. } => "invalid_scope",
            Self::NotADependency { .. } => "access_denied",
            Self::Exchange(error) => error.oauth_code(),
            Self::Key(_) => return None,
        })
    }
}

/// What is known of a request so far, for the event that it leaves whichever way it ends.
#[derive(Default)]
pub(super) struct Trail {
    grant_type: Option<&'static str>,
    client: Option<Arc<Client>>,
    grant: Option<Arc<Grant>>,
    /// Of a subject token, which leads back to no grant.
    pub(super) user: Option<UserRef>,
    pub(super) session_id: Option<String>,
    resource: Option<String>,
    pub(super) requested: Vec<String>,
}

impl Trail {
    fn refused(&mut self, what: &'static str, refused: Refused) -> TokenError {
        let (grant, error) = match refused {
            Refused::Unknown => (None, TokenError::Unknown(what)),
            Refused::OtherClient => (None, TokenError::OtherClient(what)),
            Refused::Expired(grant) => (Some(grant), TokenError::Expired(what)),
            Refused::UsedAgain(grant) => (Some(grant), TokenError::UsedAgain(what)),
            Refused::Revoked(grant) => (Some(grant), TokenError::Revoked(what)),
        };
        if let Some(grant) = grant {
            self.follow(&grant);
        }
        error
    }

    fn is_for(&mut self, resources: &[Arc<Resource>]) {
        self.resource = resources.first().map(|resource| resource.identifier.clone());
    }

    fn follow(&mut self, grant: &Arc<Grant>) {
        self.grant = Some(Arc::clone(grant));
        self.resource = Some(grant.resource.identifier.clone());
        self.requested.clone_from(&grant.scopes);
    }
}

/// What the event of a success says beyond the trail.
pub(super) struct Success {
    pub(super) issued: Issued,
    pub(super) granted: Vec<String>,
    pub(super) refresh_token: Option<String>,
    pub(super) id_token: Option<String>,
    pub(super) issued_token_type: Option<&'static str>,
}

/// What a request takes of its grant.
struct Portion {
    /// The first one is `aud`.
    resources: Vec<Arc<Resource>>,
    scopes: Vec<String>,
    refresh_token: Option<String>,
    occasion: Occasion,
}

const CODE: &str = "code";
const REFRESH_TOKEN: &str = "refresh_token";

impl Zone {
    /// Issues a token, or says why not. Either leaves an event before this returns.
    pub(crate) async fn token(&self, request: TokenRequest<'_>) -> Result<TokenResponse, TokenError> {
        let mut trail = Trail::default();
        // Waiting comes first: from here on nothing can be cut off half done by a client that goes away.
        let key = self.keys.active().await;
        let client = self.authenticate(request.authorization, &request.parameters).await;
        let outcome = key.map_err(TokenError::from).and_then(|key| self.serve(&key, &request, client, &mut trail));
        self.record(self.issue_event(outcome.as_ref(), trail, request.source));
        outcome.map(|success| TokenResponse {
            access_token: success.issued.token,
            token_type: "Bearer",
            expires_in: success.issued.expires_in,
            refresh_token: success.refresh_token,
            id_token: success.id_token,
            scope: (!success.granted.is_empty()).then(|| success.granted.join(" ")),
            issued_token_type: success.issued_token_type,
            id: success.issued.id,
        })
    }

    /// Refuses a request that could not even be read. It leaves an event as any other.
    pub(crate) fn refuse_token(&self, error: TokenError, source: Source) -> TokenError {
        self.record(self.issue_event(Err(&error), Trail::default(), source));
        error
    }

    fn serve(
        &self,
        key: &SigningKey,
        request: &TokenRequest<'_>,
        client: Result<Arc<Client>, ClientError>,
        trail: &mut Trail,
    ) -> Result<Success, TokenError> {
        let parameters = &request.parameters;
        let grant_type = parameters.single("grant_type")?.ok_or(TokenError::GrantTypeMissing)?;
        let grant_type = Grants::parse(grant_type).ok_or(TokenError::UnsupportedGrantType)?;
        trail.grant_type = Some(grant_type.as_str());
        let client = client.inspect_err(|error| trail.client = error.client().cloned())?;
        trail.client = Some(Arc::clone(&client));
        if !client.grants.contains(&grant_type) {
            return Err(TokenError::GrantNotAllowed(grant_type.as_str()));
        }
        match grant_type {
            Grants::AuthorizationCode => self.redeem_code(key, &client, parameters, trail),
            Grants::RefreshToken => self.refresh(key, &client, parameters, trail),
            Grants::ClientCredentials => self.client_credentials(key, &client, parameters, trail),
            Grants::TokenExchange => self.exchange(key, &client, parameters, trail),
        }
    }

    fn redeem_code(
        &self,
        key: &SigningKey,
        client: &Client,
        parameters: &Parameters<'_>,
        trail: &mut Trail,
    ) -> Result<Success, TokenError> {
        // A request that is incomplete does not cost the client its code; one that is wrong does.
        let code = parameters.single(CODE)?.ok_or(TokenError::Missing(CODE))?;
        let verifier = parameters.single("code_verifier")?.ok_or(TokenError::Missing("code_verifier"))?;
        let redirect_uri = parameters.single("redirect_uri")?;
        let asked = self.named_resources(parameters, trail)?;
        let code =
            self.state().grants.redeem(code, &client.id, self.now()).map_err(|refused| trail.refused(CODE, refused))?;
        let grant = code.grant;
        trail.follow(&grant);
        // RFC 6749 section 4.1.3 demands the parameter, OAuth 2.1 section 10.2 drops it in favour of PKCE, which this
        // zone always demands: so it may be left out, and must be right where it is sent.
        if redirect_uri.is_some_and(|sent| sent != code.redirect_uri) {
            return Err(TokenError::RedirectMismatch);
        }
        if !code.challenge.admits(verifier) {
            return Err(TokenError::WrongVerifier);
        }
        let resources = granted_resources(&grant, asked)?;
        trail.is_for(&resources);
        // Whoever registered the grant type gets one, whether `offline_access` was asked for or not: all that is known is
        // that the code flow returns one.
        let refresh_token =
            if client.grants.contains(&Grants::RefreshToken) { self.next_refresh_token(&grant)? } else { None };
        let scopes = grant.scopes.clone();
        self.succeed(key, client, &grant, Portion { resources, scopes, refresh_token, occasion: Occasion::Code })
    }

    fn refresh(
        &self,
        key: &SigningKey,
        client: &Client,
        parameters: &Parameters<'_>,
        trail: &mut Trail,
    ) -> Result<Success, TokenError> {
        let token = parameters.single(REFRESH_TOKEN)?.ok_or(TokenError::Missing(REFRESH_TOKEN))?;
        let named = self.named_resources(parameters, trail)?;
        let asked = asked_scopes(parameters)?;
        let now = self.now();
        // One lock from the check to the rotation: of two requests with the same token one finds it used.
        let mut state = self.state();
        let grant =
            state.grants.present(token, &client.id, now).map_err(|refused| trail.refused(REFRESH_TOKEN, refused))?;
        trail.follow(&grant);
        let resources = granted_resources(&grant, named)?;
        trail.is_for(&resources);
        let scopes = asked.unwrap_or_else(|| grant.scopes.clone());
        trail.requested.clone_from(&scopes);
        if scopes.iter().any(|scope| !grant.scopes.contains(scope)) {
            return Err(TokenError::ScopeBeyondGrant { granted: listed(&grant.scopes) });
        }
        let expires_at = later(now, self.config.refresh_token_lifetime);
        let refresh_token = state.grants.next_refresh_token(&grant.id, expires_at)?;
        drop(state);
        self.succeed(key, client, &grant, Portion { resources, scopes, refresh_token, occasion: Occasion::Refresh })
    }

    fn client_credentials(
        &self,
        key: &SigningKey,
        client: &Client,
        parameters: &Parameters<'_>,
        trail: &mut Trail,
    ) -> Result<Success, TokenError> {
        if matches!(client.authentication, super::directory::Authentication::None) {
            return Err(TokenError::PublicClient);
        }
        let granted = asked_scopes(parameters)?.unwrap_or_default();
        trail.requested.clone_from(&granted);
        let mut targets = self.named_resources(parameters, trail)?;
        if targets.is_empty() {
            return Err(TokenError::Missing("resource"));
        }
        let resource = targets.remove(0);
        let is_dependency = |resource: &Resource| match &client.standing {
            Standing::Application { dependencies, .. } => dependencies.contains(&resource.identifier),
            Standing::UserAgent => false,
        };
        if !is_dependency(&resource) {
            return Err(TokenError::NotADependency {
                application: client.application_identifier().unwrap_or(&client.id).to_owned(),
                resource: resource.identifier.clone(),
            });
        }
        // The real zone's soft denial: of the others it leaves out what is not allowed.
        targets.retain(|target| is_dependency(target));
        let issued = self.issue(key, &Holder { targets: &targets, ..Holder::new(client, &resource, &granted) })?;
        Ok(Success { issued, granted, refresh_token: None, id_token: None, issued_token_type: None })
    }

    /// The tokens that come of a grant.
    fn succeed(
        &self,
        key: &SigningKey,
        client: &Client,
        grant: &Grant,
        portion: Portion,
    ) -> Result<Success, TokenError> {
        let Portion { resources, scopes, refresh_token, occasion } = portion;
        let issued = self.issue(key, &on_behalf(client, grant, &resources, &scopes))?;
        // Before anybody has the token: a grant that is revoked at this very moment takes it along.
        self.state().grants.issued(&issued.id, &grant.id);
        let id_token = self.id_token(key, grant, &scopes, &issued.token, occasion)?;
        Ok(Success { issued, granted: scopes, refresh_token, id_token, issued_token_type: None })
    }

    fn next_refresh_token(&self, grant: &Grant) -> Result<Option<String>, KeyError> {
        let expires_at = later(self.now(), self.config.refresh_token_lifetime);
        self.state().grants.next_refresh_token(&grant.id, expires_at)
    }

    /// The resources that the request names, each once; none if it names none.
    fn named_resources(
        &self,
        parameters: &Parameters<'_>,
        trail: &mut Trail,
    ) -> Result<Vec<Arc<Resource>>, UnknownResource> {
        let Some(first) = parameters.all("resource").next() else {
            return Ok(Vec::new());
        };
        trail.resource = Some(shown(first).into_owned());
        let resources = self.with_directory(|directory| directory.resources_asked_for(parameters.all("resource")))?;
        trail.is_for(&resources);
        Ok(resources)
    }

    /// The first resource that the request names, if it names any.
    pub(super) fn named_resource(
        &self,
        parameters: &Parameters<'_>,
        trail: &mut Trail,
    ) -> Result<Option<Arc<Resource>>, UnknownResource> {
        Ok(self.named_resources(parameters, trail)?.into_iter().next())
    }

    fn issue_event(&self, outcome: Result<&Success, &TokenError>, trail: Trail, source: Source) -> Draft {
        let (reason, message, granted, credential_id) = match outcome {
            Ok(success) => {
                (None, "Access token was issued".to_owned(), success.granted.clone(), Some(success.issued.id.clone()))
            }
            Err(error) => (Some(error.oauth_code().unwrap_or("server_error")), error.to_string(), Vec::new(), None),
        };
        let grant = trail.grant.as_deref();
        Draft {
            name: EventName::CredentialsIssue,
            reason,
            message,
            user: grant.map(|grant| grant.user.named()).or(trail.user),
            client: trail.client.as_ref().map(|client| client.named()),
            session_id: grant.map(|grant| grant.session_id.clone()).or(trail.session_id),
            grant_id: grant.map(|grant| grant.id.clone()),
            credential_id,
            resource: trail.resource,
            scopes: Scopes { requested: trail.requested, granted },
            grant_type: trail.grant_type,
            correlation_id: grant.map_or_else(|| self.draw_identifier(), |grant| grant.correlation_id.clone()),
            source,
        }
    }
}

fn on_behalf<'a>(
    client: &'a Client,
    grant: &'a Grant,
    resources: &'a [Arc<Resource>],
    scopes: &'a [String],
) -> Holder<'a> {
    let (resource, targets) = resources.split_first().map_or((&grant.resource, &[][..]), |(first, rest)| (first, rest));
    Holder {
        subject: Some(&grant.user.identifier),
        session_id: Some(&grant.session_id),
        targets,
        ..Holder::new(client, resource, scopes)
    }
}

/// The resources that a token is for: all of its grant, or those that the request names, of which each must have been
/// granted (RFC 8707 section 2.2).
fn granted_resources(grant: &Grant, asked: Vec<Arc<Resource>>) -> Result<Vec<Arc<Resource>>, TokenError> {
    let is_granted = |asked: &Resource| grant.resources().any(|granted| granted.identifier == asked.identifier);
    if let Some(other) = asked.iter().find(|asked| !is_granted(asked)) {
        let granted: Vec<String> = grant.resources().map(|granted| granted.identifier.clone()).collect();
        return Err(TokenError::OtherResource { asked: other.identifier.clone(), granted: listed(&granted) });
    }
    Ok(if asked.is_empty() { grant.resources().cloned().collect() } else { asked })
}

pub(super) fn asked_scopes(parameters: &Parameters<'_>) -> Result<Option<Vec<String>>, TokenError> {
    parameters.single("scope")?.map(|text| scope::parse(text).ok_or(TokenError::MalformedScope)).transpose()
}
