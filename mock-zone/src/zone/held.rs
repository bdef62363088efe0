//! What the zone holds for users and clients, shown without a secret and ended at once: for tests that will not wait.

use jiff::Timestamp;
use serde::Serialize;

use super::Zone;
use super::directory::User;
use super::grants::Grant;
use super::session::Session;

/// A user who is signed in at a browser.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct HeldSession {
    /// Its identifier, which tokens carry too; not the cookie.
    pub session_id: String,
    /// The user's identifier, as `sub` carries it.
    pub user: String,
    /// When the user proved who they are.
    pub authenticated_at: Timestamp,
    /// When it ends by itself.
    pub expires_at: Timestamp,
}

/// What a user has granted to a client.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct HeldGrant {
    /// Its identifier.
    pub grant_id: String,
    /// The user's identifier, as `sub` carries it.
    pub user: String,
    /// The client.
    pub client_id: String,
    /// The resource.
    pub resource: String,
    /// The scopes.
    pub scopes: Vec<String>,
    /// The session in which it was granted.
    pub session_id: String,
    /// Whether it has ended.
    pub revoked: bool,
    /// Until when its refresh token works; nothing where it has none, or one that was made to expire.
    pub refresh_expires_at: Option<Timestamp>,
}

/// Which sessions, grants, codes or refresh tokens are meant: those to which all that is said applies. One that says
/// nothing means all of them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Selection {
    /// Those of the user with this e-mail address or identifier.
    pub user: Option<String>,
    /// Those of this client. Sessions are no client's.
    pub client_id: Option<String>,
    /// Those for this resource. Sessions are for none.
    pub resource: Option<String>,
    /// The grant with this identifier, and what belongs to it. Sessions belong to none.
    pub grant_id: Option<String>,
    /// The session with this identifier, and what was granted in it.
    pub session_id: Option<String>,
}

/// A selection names what the zone does not have.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SelectionError {
    #[error("there is no user {named:?}; this zone has {known:?}")]
    UnknownUser { named: String, known: Vec<String> },
    #[error("`{0}` says nothing of sessions; they are chosen by `user` and `session_id`")]
    NotOfSessions(&'static str),
}

impl Selection {
    fn takes_session(&self, session: &Session) -> bool {
        is(self.user.as_ref(), &session.user.identifier) && is(self.session_id.as_ref(), &session.id)
    }

    fn takes(&self, grant: &Grant) -> bool {
        is(self.user.as_ref(), &grant.user.identifier)
            && is(self.client_id.as_ref(), &grant.client_id)
            && is(self.resource.as_ref(), &grant.resource.identifier)
            && is(self.grant_id.as_ref(), &grant.id)
            && is(self.session_id.as_ref(), &grant.session_id)
    }
}

fn is(asked: Option<&String>, is: &str) -> bool {
    asked.is_none_or(|asked| asked == is)
}

impl Zone {
    /// Who is signed in, the longest first.
    pub(crate) fn sessions(&self) -> Vec<HeldSession> {
        let now = self.now();
        let state = self.state();
        let live = state.sessions.values().filter(|session| session.expires_at > now);
        let mut held: Vec<_> = live
            .map(|session| HeldSession {
                session_id: session.id.clone(),
                user: session.user.identifier.clone(),
                authenticated_at: session.authenticated_at,
                expires_at: session.expires_at,
            })
            .collect();
        drop(state);
        held.sort_by(|a, b| (a.authenticated_at, &a.session_id).cmp(&(b.authenticated_at, &b.session_id)));
        held
    }

    /// What users have granted, ended or not, the oldest sign-in first.
    pub(crate) fn grants(&self) -> Vec<HeldGrant> {
        let state = self.state();
        let mut held: Vec<_> = state
            .grants
            .all()
            .map(|(grant, revoked, refresh)| {
                let shown = HeldGrant {
                    grant_id: grant.id.clone(),
                    user: grant.user.identifier.clone(),
                    client_id: grant.client_id.clone(),
                    resource: grant.resource.identifier.clone(),
                    scopes: grant.scopes.clone(),
                    session_id: grant.session_id.clone(),
                    revoked,
                    refresh_expires_at: refresh.filter(|at| *at != Timestamp::MIN),
                };
                (grant.authenticated_at, shown)
            })
            .collect();
        drop(state);
        held.sort_by(|(a, x), (b, y)| (a, &x.grant_id).cmp(&(b, &y.grant_id)));
        held.into_iter().map(|(_, grant)| grant).collect()
    }

    /// Signs users out: their browsers must sign in again. Gives how many sessions ended.
    pub(crate) fn expire_sessions(&self, selection: Selection) -> Result<usize, SelectionError> {
        for (name, value) in
            [("client_id", &selection.client_id), ("resource", &selection.resource), ("grant_id", &selection.grant_id)]
        {
            if value.is_some() {
                return Err(SelectionError::NotOfSessions(name));
            }
        }
        let selection = self.resolved(selection)?;
        let sessions = &mut self.state().sessions;
        let before = sessions.values().count();
        sessions.retain(|session| !selection.takes_session(session));
        Ok(before - sessions.values().count())
    }

    /// Takes grants back: no more tokens come of them. Gives how many ended.
    pub(crate) fn revoke_grants(&self, selection: Selection) -> Result<usize, SelectionError> {
        let selection = self.resolved(selection)?;
        Ok(self.state().grants.revoke_all(|grant| selection.takes(grant)))
    }

    /// Lets authorization codes expire that nobody redeemed yet. Gives how many.
    pub(crate) fn expire_codes(&self, selection: Selection) -> Result<usize, SelectionError> {
        let (selection, now) = (self.resolved(selection)?, self.now());
        Ok(self.state().grants.expire_codes(|grant| selection.takes(grant), now))
    }

    /// Lets refresh tokens expire. Gives how many worked until now.
    pub(crate) fn expire_refresh_tokens(&self, selection: Selection) -> Result<usize, SelectionError> {
        let (selection, now) = (self.resolved(selection)?, self.now());
        Ok(self.state().grants.expire_refresh_tokens(|grant| selection.takes(grant), now))
    }

    /// The selection with the user's identifier in place of their e-mail address.
    fn resolved(&self, selection: Selection) -> Result<Selection, SelectionError> {
        let Some(named) = &selection.user else {
            return Ok(selection);
        };
        let user = self.with_directory(|directory| {
            directory.user_by_identifier(named).or_else(|| directory.user_by_email(named)).ok_or_else(|| {
                SelectionError::UnknownUser {
                    named: named.clone(),
                    known: directory.users().iter().take(20).map(|user| user.email.clone()).collect(),
                }
            })
        })?;
        let User { identifier, .. } = &*user;
        Ok(Selection { user: Some(identifier.clone()), ..selection })
    }
}
