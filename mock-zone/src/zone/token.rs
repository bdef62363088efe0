//! Code, refresh token, client credentials or subject token → access token.

use std::sync::Arc;

use serde::Serialize;

use super::access_token::{Holder, Issued};
use super::client_authentication::ClientError;
use super::description::{listed, shown};
use super::directory::{Client, Grants, Resource, Standing, UnknownResource};
use super::exchange::ExchangeError;
use super::grants::{Grant, Refused};
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
        "the {0} was used before; the grant behind it is revoked, so its refresh tokens work no more; \
         access tokens that were issued live until they expire"
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
    pub(super) issued_token_type: Option<&'static str>,
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
        let asked = self.named_resource(parameters, trail)?;
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
        check_resource(&grant, asked.as_deref())?;
        let issued = self.issue(key, &on_behalf(client, &grant, &grant.scopes))?;
        let refresh_token =
            if client.grants.contains(&Grants::RefreshToken) { self.next_refresh_token(&grant)? } else { None };
        Ok(Success { issued, granted: grant.scopes.clone(), refresh_token, issued_token_type: None })
    }

    fn refresh(
        &self,
        key: &SigningKey,
        client: &Client,
        parameters: &Parameters<'_>,
        trail: &mut Trail,
    ) -> Result<Success, TokenError> {
        let token = parameters.single(REFRESH_TOKEN)?.ok_or(TokenError::Missing(REFRESH_TOKEN))?;
        let resource = self.named_resource(parameters, trail)?;
        let asked = asked_scopes(parameters)?;
        let now = self.now();
        let (grant, next, granted) = {
            // One lock from the check to the rotation: of two requests with the same token one finds it used.
            let mut state = self.state();
            let grant = state
                .grants
                .present(token, &client.id, now)
                .map_err(|refused| trail.refused(REFRESH_TOKEN, refused))?;
            trail.follow(&grant);
            check_resource(&grant, resource.as_deref())?;
            let granted = asked.unwrap_or_else(|| grant.scopes.clone());
            trail.requested.clone_from(&granted);
            if granted.iter().any(|scope| !grant.scopes.contains(scope)) {
                return Err(TokenError::ScopeBeyondGrant { granted: listed(&grant.scopes) });
            }
            let expires_at = later(now, self.config.refresh_token_lifetime);
            let next = state.grants.next_refresh_token(&grant.id, expires_at)?;
            (grant, next, granted)
        };
        let issued = self.issue(key, &on_behalf(client, &grant, &granted))?;
        Ok(Success { issued, granted, refresh_token: next, issued_token_type: None })
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
        let resource = self.named_resource(parameters, trail)?.ok_or(TokenError::Missing("resource"))?;
        let is_dependency = match &client.standing {
            Standing::Application { dependencies, .. } => dependencies.contains(&resource.identifier),
            Standing::UserAgent => false,
        };
        if !is_dependency {
            return Err(TokenError::NotADependency {
                application: client.application_identifier().unwrap_or(&client.id).to_owned(),
                resource: resource.identifier.clone(),
            });
        }
        Ok(Success {
            issued: self.issue(key, &Holder::new(client, &resource, &granted))?,
            granted,
            refresh_token: None,
            issued_token_type: None,
        })
    }

    fn next_refresh_token(&self, grant: &Grant) -> Result<Option<String>, KeyError> {
        let expires_at = later(self.now(), self.config.refresh_token_lifetime);
        self.state().grants.next_refresh_token(&grant.id, expires_at)
    }

    /// The resource that the request names, if it names any.
    pub(super) fn named_resource(
        &self,
        parameters: &Parameters<'_>,
        trail: &mut Trail,
    ) -> Result<Option<Arc<Resource>>, UnknownResource> {
        let mut named = parameters.all("resource");
        let Some(first) = named.next() else {
            return Ok(None);
        };
        trail.resource = Some(shown(first).into_owned());
        let resource = self.with_directory(|directory| directory.resource_asked_for(first, named))?;
        trail.resource = Some(resource.identifier.clone());
        Ok(Some(resource))
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

fn on_behalf<'a>(client: &'a Client, grant: &'a Grant, scopes: &'a [String]) -> Holder<'a> {
    Holder {
        subject: Some(&grant.user.identifier),
        session_id: Some(&grant.session_id),
        ..Holder::new(client, &grant.resource, scopes)
    }
}

/// A token request may repeat the resource of its grant, or leave it out (RFC 8707 section 2.2).
fn check_resource(grant: &Grant, asked: Option<&Resource>) -> Result<(), TokenError> {
    let granted = grant.resource.identifier.as_str();
    match asked {
        Some(asked) if asked.identifier != granted => {
            Err(TokenError::OtherResource { asked: asked.identifier.clone(), granted: granted.to_owned() })
        }
        _ => Ok(()),
    }
}

pub(super) fn asked_scopes(parameters: &Parameters<'_>) -> Result<Option<Vec<String>>, TokenError> {
    parameters.single("scope")?.map(|text| scope::parse(text).ok_or(TokenError::MalformedScope)).transpose()
}
