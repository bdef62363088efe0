//! Signing in: flows under way, the form's checks, and the sessions that spare users the next one.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;

use super::authorize::AuthorizationRequest;
use super::bounded::Bounded;
use super::directory::User;
use super::secret::{Secret, SecretHash};
use super::unreadable::Unreadable;
use super::{Zone, later};
use crate::audit::{Draft, EventName, Source};

/// How long a form may stay open.
const FLOW_LIFETIME: Duration = Duration::from_secs(15 * 60);

/// A signed-in user's browser.
#[derive(Clone)]
pub(crate) struct Session {
    pub(crate) id: String,
    pub(crate) user: Arc<User>,
    /// When the user proved who they are.
    pub(crate) authenticated_at: Timestamp,
    expires_at: Timestamp,
}

/// An authorization request that waits for its user.
struct Flow {
    request: Arc<AuthorizationRequest>,
    /// The browser that began it; another cannot finish it.
    browser: SecretHash,
    /// Proves that the form which is posted is the one that was shown.
    form_token: Secret,
    expires_at: Timestamp,
}

pub(super) struct SignIns {
    flows: Bounded<String, Flow>,
    sessions: Bounded<SecretHash, Session>,
}

impl SignIns {
    pub(super) fn new(limit: usize) -> Self {
        Self { flows: Bounded::new(limit), sessions: Bounded::new(limit) }
    }

    /// The sessions, in no order.
    pub(super) fn sessions(&self) -> impl Iterator<Item = (&Session, Timestamp)> {
        self.sessions.values().map(|session| (session, session.expires_at))
    }

    /// Ends the sessions that `ends` names, and says how many.
    pub(super) fn end_sessions(&mut self, ends: impl Fn(&Session) -> bool) -> usize {
        let before = self.sessions.values().count();
        self.sessions.retain(|session| !ends(session));
        before - self.sessions.values().count()
    }
}

/// A flow as its form shows it.
pub(crate) struct SignInForm {
    pub(crate) request: Arc<AuthorizationRequest>,
    pub(crate) form_token: Secret,
}

/// What a browser posts.
pub(crate) struct SignInAttempt<'a> {
    pub(crate) flow_id: &'a str,
    pub(crate) browser: &'a str,
    pub(crate) form_token: &'a str,
    pub(crate) username: &'a str,
    pub(crate) password: &'a str,
}

/// A finished sign-in.
pub(crate) struct SignedIn {
    /// The session's cookie.
    pub(crate) cookie: String,
    /// Where the browser goes next: to the client, with a code.
    pub(crate) redirect: String,
}

/// Why nobody was signed in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum SignInError {
    #[error("This sign-in has ended or was never begun. Start again from your application.")]
    UnknownFlow,
    #[error(
        "This sign-in was begun in another browser, or this one keeps no cookies. Start again from your application."
    )]
    OtherBrowser,
    #[error("This form is not the one that was shown. Start again from your application.")]
    OtherForm,
    #[error("This form was sent by a page that is not the zone's own. Start again from your application.")]
    ForeignPage,
    #[error("This form could not be read: {0}. Start again from your application.")]
    Unreadable(#[from] Unreadable),
    #[error("The e-mail address or the password is wrong.")]
    WrongCredentials,
}

impl SignInError {
    /// What the event says. Only the first of these codes is the real zone's.
    fn reason(self) -> &'static str {
        match self {
            Self::WrongCredentials => "INVALID_CREDENTIALS",
            Self::UnknownFlow => "UNKNOWN_FLOW",
            Self::OtherBrowser => "OTHER_BROWSER",
            Self::OtherForm => "OTHER_FORM",
            Self::ForeignPage => "FOREIGN_PAGE",
            Self::Unreadable(_) => "UNREADABLE_FORM",
        }
    }
}

impl Zone {
    /// Begins a sign-in for a browser, and gives the flow's identifier.
    pub(crate) fn begin_sign_in(&self, request: AuthorizationRequest, browser: &str) -> String {
        let id = self.draw_identifier();
        let flow = Flow {
            request: Arc::new(request),
            browser: SecretHash::of(browser),
            form_token: Secret::new(self.draw_secret()),
            expires_at: later(self.now(), FLOW_LIFETIME),
        };
        self.state().sign_ins.flows.insert(id.clone(), flow);
        id
    }

    /// The form of a flow, for the browser that began it.
    pub(crate) fn sign_in_form(&self, flow_id: &str, browser: &str) -> Result<SignInForm, SignInError> {
        let now = self.now();
        let state = self.state();
        let flow =
            state.sign_ins.flows.find(flow_id).filter(|flow| flow.expires_at > now).ok_or(SignInError::UnknownFlow)?;
        if flow.browser != SecretHash::of(browser) {
            return Err(SignInError::OtherBrowser);
        }
        Ok(SignInForm { request: Arc::clone(&flow.request), form_token: flow.form_token.clone() })
    }

    /// Signs the user in, authorizes the client, and ends the flow. A failure leaves an event.
    pub(crate) fn sign_in(&self, attempt: &SignInAttempt<'_>, source: &Source) -> Result<SignedIn, SignInError> {
        let user = self.with_directory(|directory| directory.user_by_email(attempt.username));
        let (user, request) = self.check(attempt, user.clone()).inspect_err(|error| {
            // Whoever did not fill in the form that was shown has said nothing about a user.
            let named = user.as_deref().filter(|_| *error == SignInError::WrongCredentials);
            self.record_failure(attempt.flow_id, named, *error, source);
        })?;
        Ok(self.admit(&user, &request, source, "You logged in successfully"))
    }

    /// Refuses a form that is not even looked at. It leaves an event.
    pub(crate) fn refuse_sign_in(&self, flow_id: &str, error: SignInError, source: &Source) -> SignInError {
        self.record_failure(flow_id, None, error, source);
        error
    }

    fn check(
        &self,
        attempt: &SignInAttempt<'_>,
        user: Option<Arc<User>>,
    ) -> Result<(Arc<User>, Arc<AuthorizationRequest>), SignInError> {
        let form = self.sign_in_form(attempt.flow_id, attempt.browser)?;
        if !form.form_token.matches(attempt.form_token) {
            return Err(SignInError::OtherForm);
        }
        // A user who does not exist costs the same comparison as one who does.
        let expected = user.as_ref().map_or_else(|| Secret::new(""), |user| user.password.clone());
        let is_right = expected.matches(attempt.password);
        let user = user.filter(|_| is_right).ok_or(SignInError::WrongCredentials)?;
        // The form works once, even if it was posted twice at the same moment.
        self.state().sign_ins.flows.remove(attempt.flow_id).ok_or(SignInError::UnknownFlow)?;
        Ok((user, form.request))
    }

    fn record_failure(&self, flow_id: &str, user: Option<&User>, error: SignInError, source: &Source) {
        let request = self.state().sign_ins.flows.find(flow_id).map(|flow| Arc::clone(&flow.request));
        self.record(Draft {
            reason: Some(error.reason()),
            ..self.authentication(user, request.as_deref(), source, "Your login failed")
        });
    }

    /// Signs in the configured user without asking, where the answer goes to nobody whom a web page could be.
    pub(crate) fn sign_in_automatically(&self, request: &AuthorizationRequest, source: &Source) -> Option<SignedIn> {
        let email = self.config.auto_sign_in.as_deref()?;
        if !request.client.is_trusted_at(&request.redirect_uri) {
            return None;
        }
        let user = self.with_directory(|directory| directory.user_by_email(email))?;
        Some(self.admit(&user, request, source, "You were logged in automatically (--auto-sign-in)"))
    }

    /// The session that a cookie stands for.
    pub(crate) fn session(&self, cookie: &str) -> Option<Session> {
        let now = self.now();
        let state = self.state();
        state.sign_ins.sessions.find(&SecretHash::of(cookie)).filter(|session| session.expires_at > now).cloned()
    }

    fn admit(&self, user: &Arc<User>, request: &AuthorizationRequest, source: &Source, message: &str) -> SignedIn {
        let cookie = self.draw_secret();
        let now = self.now();
        let session = Session {
            id: self.draw_identifier(),
            user: Arc::clone(user),
            authenticated_at: now,
            expires_at: later(now, self.config.session_lifetime),
        };
        self.state().sign_ins.sessions.insert(SecretHash::of(&cookie), session.clone());
        self.record(Draft {
            session_id: Some(session.id.clone()),
            ..self.authentication(Some(user), Some(request), source, message)
        });
        SignedIn { redirect: self.authorize(request, &session, source), cookie }
    }

    /// An event about a sign-in, as far as it is known whose, and for which request.
    fn authentication(
        &self,
        user: Option<&User>,
        request: Option<&AuthorizationRequest>,
        source: &Source,
        message: &str,
    ) -> Draft {
        let correlation_id = request.map_or_else(|| self.draw_identifier(), |request| request.correlation_id.clone());
        Draft {
            message: message.to_owned(),
            user: user.map(User::named),
            client: request.map(|request| request.client.named()),
            ..Draft::new(EventName::UsersAuthenticate, correlation_id, source.clone())
        }
    }
}
