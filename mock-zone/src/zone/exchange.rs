//! Subject token → access token for another resource, on behalf of the same user (RFC 8693).
//!
//! Known of the real zone: the parameters, which error means what, and that no `act` is written. Our choice: an
//! `actor_token` is taken by a switch alone, `audience` never, a target must be among the application's dependencies, and
//! scopes are those that the request names.

use serde_json::{Map, Value};

use super::Zone;
use super::access_token::Holder;
use super::description::shown;
use super::directory::{Authentication, Client, Standing};
use super::impersonation::{SUBSTITUTE_USER, named_user};
use super::keys::SigningKey;
use super::parameters::Parameters;
use super::token::{Success, TokenError, Trail, asked_scopes};
use super::verify::{VerifyError, unverified};

/// `subject_token_type` of what this zone issues (RFC 8693 section 3).
pub(crate) const ACCESS_TOKEN: &str = "urn:ietf:params:oauth:token-type:access_token";
const JWT: &str = "urn:ietf:params:oauth:token-type:jwt";
/// The most actors of one token.
const MOST_ACTORS: usize = 8;

/// Why a subject token is exchanged for nothing. No text repeats anything of the token.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ExchangeError {
    #[error("a public client cannot exchange tokens: nothing proves who asks")]
    PublicClient,
    #[error("{name} must be {ACCESS_TOKEN} or {JWT}, got {sent}")]
    TokenType { name: &'static str, sent: String },
    #[error("the subject_token opens nothing: {0}")]
    SubjectToken(#[from] VerifyError),
    #[error("the subject_token has no sub and no aud to go by")]
    NoSubject,
    #[error("actor_token_type belongs to an actor_token, and this request has none (RFC 8693 section 2.1)")]
    TypeWithoutActor,
    #[error("actor_token needs its actor_token_type (RFC 8693 section 2.1)")]
    ActorWithoutType,
    #[error("this zone takes no actor_token unless its configuration has act_chain")]
    Actor,
    #[error("the actor_token opens nothing: {0}")]
    ActorToken(VerifyError),
    #[error("the actor_token was neither issued to this client nor sent to a resource of its application")]
    NotItsActor,
    #[error("the chain of actors is longer than {MOST_ACTORS}")]
    ManyActors,
    #[error("name one target by resource; audience is not understood here")]
    Audience,
    #[error("name one target by resource: a token is for one target")]
    SeveralTargets,
    #[error(
        "Client is not allowed to exchange token for this resource: {resource} is not provided by application {application}"
    )]
    NotItsResource { resource: String, application: String },
    #[error("User consent is required: the user granted nobody access to {resource}")]
    Consent { resource: String },
    #[error("policy denies impersonation: nothing permits it to this application (impersonation in its configuration)")]
    Impersonation,
    #[error(
        "the subject_token must be an unsigned JWT with typ vnd.kc.su+jwt, alg none, the user's identifier as sub and an \
         empty signature"
    )]
    SubstituteUser,
    #[error("the subject_token names no user of this zone")]
    NoSuchUser,
}

impl ExchangeError {
    /// The `error` value: RFC 8693 section 2.2.2 for the subject token, the real zone's codes for the rest.
    pub(super) fn oauth_code(&self) -> &'static str {
        match self {
            Self::PublicClient => "unauthorized_client",
            Self::TokenType { .. }
            | Self::SubjectToken(_)
            | Self::NoSubject
            | Self::TypeWithoutActor
            | Self::ActorWithoutType
            | Self::Actor
            | Self::ActorToken(_)
            | Self::NotItsActor
            | Self::ManyActors
            | Self::SubstituteUser
            | Self::NoSuchUser => "invalid_request",
            Self::Audience | Self::SeveralTargets => "invalid_target",
            Self::NotItsResource { .. } => "invalid_grant",
            Self::Consent { .. } => "insufficient_authorization",
            Self::Impersonation => "access_denied",
        }
    }
}

impl Zone {
    pub(super) fn exchange(
        &self,
        key: &SigningKey,
        client: &Client,
        parameters: &Parameters<'_>,
        trail: &mut Trail,
    ) -> Result<Success, TokenError> {
        if matches!(client.authentication, Authentication::None) {
            return Err(ExchangeError::PublicClient.into());
        }
        let scopes = asked_scopes(parameters)?.unwrap_or_default();
        trail.requested.clone_from(&scopes);
        let subject_token = parameters.single("subject_token")?.ok_or(TokenError::Missing("subject_token"))?;
        let token_type = parameters.single("subject_token_type")?.ok_or(TokenError::Missing("subject_token_type"))?;
        let with_actor = has_actor(parameters)?;
        if with_actor && !self.config.act_chain {
            return Err(ExchangeError::Actor.into());
        }
        let impersonates = token_type == SUBSTITUTE_USER;
        if impersonates && !matches!(client.standing, Standing::Application { impersonation: true, .. }) {
            return Err(ExchangeError::Impersonation.into());
        }
        if !impersonates {
            check_type("subject_token_type", token_type)?;
        }
        if let Some(wanted) = parameters.single("requested_token_type")? {
            check_type("requested_token_type", wanted)?;
        }
        let claims = if impersonates {
            let user = named_user(subject_token).ok_or(ExchangeError::SubstituteUser)?;
            Map::from_iter([("sub".to_owned(), user.into())])
        } else {
            self.verified(subject_token).map_err(ExchangeError::SubjectToken)?
        };
        let subject = text(&claims, "sub").filter(|sub| !sub.is_empty()).ok_or(ExchangeError::NoSubject)?;
        trail.session_id = text(&claims, "sid").map(str::to_owned);
        let user = self.with_directory(|directory| directory.user_by_identifier(subject));
        trail.user = user.as_ref().map(|user| user.named());
        if impersonates && user.is_none() {
            return Err(ExchangeError::NoSuchUser.into());
        }
        if parameters.all("audience").next().is_some() {
            return Err(ExchangeError::Audience.into());
        }
        let mut targets = parameters.all("resource");
        let first = targets.next();
        // The same one again asks for nothing more; some clients send it twice.
        if targets.any(|other| Some(other) != first) {
            return Err(ExchangeError::SeveralTargets.into());
        }
        let target = self.named_resource(parameters, trail)?.ok_or(TokenError::Missing("resource"))?;
        // Nobody was sent anything where a user is impersonated.
        let from = if impersonates { "" } else { first_audience(&claims).ok_or(ExchangeError::NoSubject)? };
        if !impersonates {
            self.check_provided_by(client, from)?;
        }
        let Standing::Application { identifier, dependencies, consent_required, .. } = &client.standing else {
            return Err(not_its_resource(client, from).into());
        };
        if !dependencies.contains(&target.identifier) {
            let application = identifier.clone();
            return Err(TokenError::NotADependency { application, resource: target.identifier.clone() });
        }
        let needs_consent = *consent_required || impersonates;
        if needs_consent && !self.state().grants.has_granted(subject, &target.identifier) {
            return Err(ExchangeError::Consent { resource: target.identifier.clone() }.into());
        }
        let actor = if self.config.act_chain { self.actors(client, parameters, &claims)? } else { None };
        let holder = Holder {
            subject: Some(subject),
            is_application: text(&claims, "sub_profile") == Some("app"),
            session_id: text(&claims, "sid"),
            actor: actor.as_ref(),
            ..Holder::new(client, &target, &scopes)
        };
        let issued = self.issue(key, &holder)?;
        if let Some(subject_token) = text(&claims, "jti") {
            self.state().grants.exchanged(&issued.id, subject_token);
        }
        Ok(Success {
            issued,
            granted: scopes,
            refresh_token: None,
            id_token: None,
            issued_token_type: Some(ACCESS_TOKEN),
        })
    }

    /// The chain of actors, the present one outermost (RFC 8693 section 4.1). An exchange without an `actor_token` keeps
    /// that of its subject token: who acted before is not forgotten.
    fn actors(
        &self,
        client: &Client,
        parameters: &Parameters<'_>,
        subject: &Map<String, Value>,
    ) -> Result<Option<Value>, TokenError> {
        let before = subject.get("act").filter(|act| act.is_object());
        let (Some(token), Some(token_type)) =
            (parameters.single("actor_token")?, parameters.single("actor_token_type")?)
        else {
            return Ok(before.cloned());
        };
        check_type("actor_token_type", token_type)?;
        let claims = self.verified(token).map_err(ExchangeError::ActorToken)?;
        // Whoever merely holds somebody's token does not make them the actor.
        let is_issued_to = text(&claims, "client_id") == Some(client.id.as_str());
        let is_sent_to = || first_audience(&claims).is_some_and(|from| self.check_provided_by(client, from).is_ok());
        if !is_issued_to && !is_sent_to() {
            return Err(ExchangeError::NotItsActor.into());
        }
        let sub = text(&claims, "sub").filter(|sub| !sub.is_empty()).ok_or(ExchangeError::NotItsActor)?;
        let mut act = Map::from_iter([("sub".to_owned(), sub.into())]);
        if let Some(profile) = text(&claims, "sub_profile") {
            act.insert("sub_profile".to_owned(), profile.into());
        }
        if let Some(before) = before {
            let depth = std::iter::successors(Some(before), |act| act.get("act")).take(MOST_ACTORS).count();
            if depth >= MOST_ACTORS {
                return Err(ExchangeError::ManyActors.into());
            }
            act.insert("act".to_owned(), before.clone());
        }
        Ok(Some(Value::Object(act)))
    }

    /// Only the application that provides a resource may exchange the tokens that callers send to it. This is structure,
    /// not policy.
    fn check_provided_by(&self, client: &Client, resource: &str) -> Result<(), ExchangeError> {
        let provider = self.with_directory(|directory| directory.provider(resource));
        if provider.as_deref() == Some(client.id.as_str()) { Ok(()) } else { Err(not_its_resource(client, resource)) }
    }
}

fn not_its_resource(client: &Client, resource: &str) -> ExchangeError {
    ExchangeError::NotItsResource {
        resource: shown(resource).into_owned(),
        application: client.application_identifier().unwrap_or(&client.id).to_owned(),
    }
}

/// What a subject token says of itself, unverified: for the control plane.
#[derive(Default)]
pub(crate) struct Peeked {
    pub(crate) id: Option<String>,
    pub(crate) subject: Option<String>,
}

/// Reads the claims of a token that need not be one.
pub(crate) fn peek(token: &str) -> Peeked {
    let claims = unverified(token).unwrap_or_default();
    let owned = |name: &str| text(&claims, name).map(str::to_owned);
    Peeked { id: owned("jti"), subject: owned("sub") }
}

fn has_actor(parameters: &Parameters<'_>) -> Result<bool, TokenError> {
    match (parameters.single("actor_token")?, parameters.single("actor_token_type")?) {
        (None, None) => Ok(false),
        (None, Some(_)) => Err(ExchangeError::TypeWithoutActor.into()),
        (Some(_), None) => Err(ExchangeError::ActorWithoutType.into()),
        (Some(_), Some(_)) => Ok(true),
    }
}

fn check_type(name: &'static str, sent: &str) -> Result<(), ExchangeError> {
    if matches!(sent, ACCESS_TOKEN | JWT) {
        return Ok(());
    }
    Err(ExchangeError::TokenType { name, sent: shown(sent).into_owned() })
}

/// The first resource that a token is for.
fn first_audience(claims: &Map<String, Value>) -> Option<&str> {
    match claims.get("aud")? {
        Value::Array(several) => several.first()?.as_str(),
        one => one.as_str(),
    }
}

fn text<'a>(claims: &'a Map<String, Value>, name: &str) -> Option<&'a str> {
    claims.get(name)?.as_str()
}
