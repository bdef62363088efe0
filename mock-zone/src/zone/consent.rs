//! Consent: what a user allowed a client to do, asked for once.
//!
//! Our choice, since nothing public says it: a client that registered itself is asked for, an application only where
//! it is configured to be. What is remembered is the user, the client, where the answer goes, the resource and the
//! scopes; more scopes, or another of the rest, are asked for again.

use super::Zone;
use super::authorize::{AuthorizationRequest, AuthorizeError};
use super::bounded::Bounded;
use super::directory::{Client, Standing, User};
use super::flow::{Advance, FlowError, Next, Page, Posted, Step};
use super::redirect;
use super::session::Session;
use crate::audit::{Draft, EventName, Scopes, Source};

/// Who allowed whom what, the scopes aside.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Delegation {
    user: String,
    client: String,
    destination: String,
    resource: String,
}

impl Delegation {
    /// What the request asks for, a resource each.
    fn all_of(request: &AuthorizationRequest, user: &User) -> impl Iterator<Item = Self> {
        std::iter::once(&request.resource).chain(&request.targets).map(|resource| Self {
            user: user.id.clone(),
            client: request.client.id.clone(),
            destination: redirect::destination(&request.redirect_uri),
            resource: resource.identifier.clone(),
        })
    }
}

/// What users allowed.
pub(super) struct Consents(Bounded<Delegation, Vec<String>>);

impl Consents {
    pub(super) fn new(limit: usize) -> Self {
        Self(Bounded::new(limit))
    }

    fn cover(&self, delegation: &Delegation, scopes: &[String]) -> bool {
        self.0.find(delegation).is_some_and(|allowed| scopes.iter().all(|scope| allowed.contains(scope)))
    }

    /// Whether this is more than was allowed before.
    fn allow(&mut self, delegation: Delegation, scopes: &[String]) -> bool {
        if self.cover(&delegation, scopes) {
            return false;
        }
        match self.0.find_mut(&delegation) {
            // Bounded: whoever asks for ever new scopes has only the last ones remembered.
            Some(allowed) if allowed.len() + scopes.len() > super::scope::MOST => *allowed = scopes.to_vec(),
            Some(allowed) => {
                let new: Vec<_> = scopes.iter().filter(|scope| !allowed.contains(scope)).cloned().collect();
                allowed.extend(new);
            }
            None => self.0.insert(delegation, scopes.to_vec()),
        }
        true
    }
}

/// What the user chose.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Decision {
    Approve,
    Deny,
}

impl Decision {
    /// Reads the value of the form's `action`, which for `approve` is the real page's.
    pub(crate) fn parse(action: &str) -> Option<Self> {
        match action {
            "approve" => Some(Self::Approve),
            "deny" => Some(Self::Deny),
            _ => None,
        }
    }
}

impl Zone {
    /// Whether the user has to be asked before this client gets a code.
    pub(super) fn needs_consent(&self, request: &AuthorizationRequest, user: &User) -> bool {
        if request.prompt.consent {
            return true;
        }
        if !asks(&request.client) {
            return false;
        }
        let consents = &self.state().consents;
        !Delegation::all_of(request, user).all(|delegation| consents.cover(&delegation, &request.scopes))
    }

    /// Does what the user chose, and ends the flow. A failure leaves an event.
    pub(crate) fn decide(
        &self,
        form: Posted<'_>,
        session_cookie: &str,
        decision: Option<Decision>,
        source: &Source,
    ) -> Result<Advance, FlowError> {
        let decided = self.posted(Page::Consent, form).and_then(|flow| {
            let Step::Consent { session } = flow.step else {
                return Err(FlowError::UnknownFlow);
            };
            // Somebody else may be signed in by now.
            if !self.holds(session_cookie, &session) {
                return Err(FlowError::SignedOut);
            }
            let decision = decision.ok_or(FlowError::NoDecision)?;
            self.take_flow(form.flow_id)?;
            Ok((flow.request, session, decision))
        });
        let (request, session, decision) =
            decided.inspect_err(|error| self.record_failure(form.flow_id, None, error, source))?;
        let answer = match decision {
            Decision::Approve => {
                self.allow(&request, &session, source, "Your consent was given");
                Some(self.authorize(&request, &session, source))
            }
            Decision::Deny => self.refuse_request(&request, AuthorizeError::Denied, Some(&session), source).redirect,
        };
        answer.map(|url| Advance::to(Next::Client(url))).ok_or(FlowError::UnknownFlow)
    }

    /// Consents for the user whom the configuration signs in without asking.
    pub(super) fn consent_automatically(&self, request: &AuthorizationRequest, session: &Session, source: &Source) {
        if self.needs_consent(request, &session.user) {
            self.allow(request, session, source, "Your consent was given automatically (--auto-sign-in)");
        }
    }

    /// Remembers a consent. One that allows more than was allowed before leaves an event for each such resource.
    fn allow(&self, request: &AuthorizationRequest, session: &Session, source: &Source, message: &str) {
        for delegation in Delegation::all_of(request, &session.user) {
            let resource = delegation.resource.clone();
            if !self.state().consents.allow(delegation, &request.scopes) {
                continue;
            }
            self.record(Draft {
                message: message.to_owned(),
                user: Some(session.user.named()),
                client: Some(request.client.named()),
                session_id: Some(session.id.clone()),
                resource: Some(resource),
                scopes: Scopes { requested: request.scopes.clone(), granted: request.scopes.clone() },
                ..Draft::new(EventName::DelegatedGrantsCreate, request.correlation_id.clone(), source.clone())
            });
        }
    }
}

/// Whether this client's users are asked at all.
fn asks(client: &Client) -> bool {
    match &client.standing {
        Standing::Application { consent_required, .. } => *consent_required,
        Standing::UserAgent => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn delegation(resource: &str) -> Delegation {
        let name = str::to_owned;
        Delegation { user: name("u"), client: name("c"), destination: name("https://a"), resource: name(resource) }
    }

    fn scopes(names: &[&str]) -> Vec<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    #[test]
    fn a_consent_covers_what_was_allowed_and_nothing_more() {
        let mut consents = Consents::new(2);
        assert!(!consents.cover(&delegation("r"), &[]), "nothing was allowed yet");

        assert!(consents.allow(delegation("r"), &scopes(&["a"])));
        assert!(!consents.allow(delegation("r"), &scopes(&["a"])), "it is known");
        assert!(consents.allow(delegation("r"), &scopes(&["b"])), "it is more");

        assert!(consents.cover(&delegation("r"), &scopes(&["b", "a"])));
        assert!(consents.cover(&delegation("r"), &[]));
        assert!(!consents.cover(&delegation("r"), &scopes(&["a", "c"])));
        assert!(!consents.cover(&delegation("other"), &[]));
    }

    #[test]
    fn what_is_remembered_is_bounded() {
        let mut consents = Consents::new(2);
        for n in 0..1000 {
            consents.allow(delegation("r"), &scopes(&[&format!("s{n}")]));
        }
        let kept = consents.0.find(&delegation("r")).map(Vec::len);
        assert!(kept.is_some_and(|kept| kept <= super::super::scope::MOST), "{kept:?}");

        consents.allow(delegation("r2"), &[]);
        consents.allow(delegation("r3"), &[]);
        assert!(!consents.cover(&delegation("r"), &[]), "the oldest makes room");
    }
}
