//! Sessions: who is signed in with which browser, and signing out.

use std::sync::Arc;

use jiff::Timestamp;

use super::authorize::AuthorizationRequest;
use super::bounded::Bounded;
use super::directory::User;
use super::secret::{Secret, SecretHash};
use super::{Zone, later};
use crate::audit::{Draft, EventName, Source};

pub(super) type Sessions = Bounded<SecretHash, Session>;

/// A signed-in user's browser.
#[derive(Clone)]
pub(crate) struct Session {
    pub(crate) id: String,
    pub(crate) user: Arc<User>,
    /// When the user proved who they are.
    pub(crate) authenticated_at: Timestamp,
    /// Proves that the form which ends the session is the one that was shown.
    pub(crate) form_token: Secret,
    /// What its cookie hashes to.
    key: SecretHash,
    pub(super) expires_at: Timestamp,
}

/// Why a session was not ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum SignOutError {
    #[error("Nobody is signed in with this browser.")]
    NotSignedIn,
    #[error("This form is not the one that was shown, so you are still signed in. Open the page again.")]
    OtherForm,
}

impl Zone {
    /// The session that a cookie stands for.
    pub(crate) fn session(&self, cookie: &str) -> Option<Session> {
        let now = self.now();
        let state = self.state();
        state.sessions.find(&SecretHash::of(cookie)).filter(|session| session.expires_at > now).cloned()
    }

    /// Whether `cookie` is that of `session`, which has not ended.
    pub(super) fn holds(&self, cookie: &str, session: &Session) -> bool {
        self.session(cookie).is_some_and(|held| held.key == session.key)
    }

    /// Signs a user in: the session, and its cookie.
    pub(super) fn start_session(
        &self,
        user: &Arc<User>,
        request: &AuthorizationRequest,
        source: &Source,
        message: &str,
    ) -> (String, Session) {
        let cookie = self.draw_secret();
        let now = self.now();
        let session = Session {
            id: self.draw_identifier(),
            user: Arc::clone(user),
            authenticated_at: now,
            form_token: Secret::new(self.draw_secret()),
            key: SecretHash::of(&cookie),
            expires_at: later(now, self.config.session_lifetime),
        };
        self.state().sessions.insert(session.key, session.clone());
        self.record(Draft {
            session_id: Some(session.id.clone()),
            ..self.authentication(Some(user), Some(request), source, message)
        });
        (cookie, session)
    }

    /// Signs out. What was granted stays granted: tokens and refresh tokens are the client's.
    pub(crate) fn end_session(&self, cookie: &str, form_token: &str, source: &Source) -> Result<(), SignOutError> {
        let session = self.session(cookie).ok_or(SignOutError::NotSignedIn)?;
        if !session.form_token.matches(form_token) {
            return Err(SignOutError::OtherForm);
        }
        self.state().sessions.remove(&session.key).ok_or(SignOutError::NotSignedIn)?;
        self.record(Draft {
            message: "You signed out".to_owned(),
            user: Some(session.user.named()),
            session_id: Some(session.id),
            ..Draft::new(EventName::SessionsEnd, self.draw_identifier(), source.clone())
        });
        Ok(())
    }
}
