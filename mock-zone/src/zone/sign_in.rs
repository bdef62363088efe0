//! Signing in: from an authorization request to a user, over the pages that it takes, or over none.

use std::sync::Arc;

use super::authorize::{AuthorizationRequest, AuthorizeError, AuthorizeRefusal};
use super::directory::User;
use super::flow::{Advance, Flow, FlowError, Next, Page, Posted, Step};
use super::secret::{Secret, SecretHash};
use super::session::Session;
use super::sign_up::LONGEST_ADDRESS;
use super::{Zone, display};
use crate::audit::Source;
use crate::config::LoginFlow;

/// What is known of the browser that brings an authorization request.
#[derive(Clone, Copy)]
pub(crate) struct Visitor<'a> {
    /// The value of the cookie that ties its flows to it.
    pub(crate) browser: &'a str,
    /// The value of its session's cookie.
    pub(crate) session: Option<&'a str>,
    /// Whether its user sees the answer. If not, nothing is done on the strength of who they are.
    pub(crate) is_seen: bool,
    /// Whether it runs on this machine.
    pub(crate) is_local: bool,
}

impl Zone {
    /// Answers an authorization request, or begins to ask its user.
    pub(crate) fn begin(
        &self,
        request: AuthorizationRequest,
        visitor: Visitor<'_>,
        source: &Source,
    ) -> Result<Advance, AuthorizeRefusal> {
        let request = Arc::new(request);
        let automatic = self.automatic_user(&request, visitor);
        let session = visitor.session.filter(|_| visitor.is_seen).and_then(|cookie| self.session(cookie));
        let now = self.now();
        if let Some(session) = session.filter(|session| !request.asks_for_sign_in(session.authenticated_at, now)) {
            if automatic.is_some_and(|user| user.id == session.user.id) {
                self.consent_automatically(&request, &session, source);
            } else if self.needs_consent(&request, &session.user) {
                if request.prompt.none {
                    let error = AuthorizeError::ConsentNeeded;
                    return Err(self.refuse_request(&request, error, Some(&session), source));
                }
                let browser = SecretHash::of(visitor.browser);
                return Ok(Advance::to(self.turn_to(request, browser, Step::Consent { session })));
            }
            return Ok(Advance::to(Next::Client(self.authorize(&request, &session, source))));
        }
        if let Some(user) = automatic {
            let message = "You were logged in automatically (--auto-sign-in)";
            let (cookie, session) = self.start_session(&user, &request, source, message);
            self.consent_automatically(&request, &session, source);
            let next = Next::Client(self.authorize(&request, &session, source));
            return Ok(Advance { session: Some(cookie), next });
        }
        if request.prompt.none {
            return Err(self.refuse_request(&request, AuthorizeError::PageNeeded, None, source));
        }
        let suggested = request.login_hint.clone();
        let step = match self.config.login_flow {
            LoginFlow::Default => Step::SignIn { username: suggested },
            LoginFlow::IdentifierFirst => Step::Identifier { suggested },
        };
        Ok(Advance::to(self.turn_to(request, SecretHash::of(visitor.browser), step)))
    }

    /// The user whom the configuration signs in without asking, where the answer goes to nobody whom a web page could
    /// be. Nothing proves who asks but that they are on this machine; the network does not get tokens for the asking.
    fn automatic_user(&self, request: &AuthorizationRequest, visitor: Visitor<'_>) -> Option<Arc<User>> {
        let email = self.config.auto_sign_in.as_deref()?;
        if !visitor.is_seen || !visitor.is_local || request.prompt.login {
            return None;
        }
        if !request.client.is_trusted_at(&request.redirect_uri) {
            return None;
        }
        self.with_directory(|directory| directory.user_by_email(email))
    }

    /// Takes who the user says they are. Whether there is such a user is not said.
    pub(crate) fn identify(&self, form: Posted<'_>, identifier: &str, source: &Source) -> Result<Advance, FlowError> {
        let identified = self.posted(Page::Identifier, form).and_then(|flow| {
            let username = suggestion(identifier).ok_or(FlowError::NoAddress)?;
            self.take_flow(form.flow_id)?;
            Ok((flow, username))
        });
        let (flow, username) =
            identified.inspect_err(|error| self.record_failure(form.flow_id, None, error, source))?;
        let step = Step::SignIn { username: Some(username) };
        Ok(Advance::to(self.turn_to(flow.request, flow.browser, step)))
    }

    /// Signs the user in, and goes on: to the client, to consent, or to what proves the address. A failure leaves an
    /// event.
    pub(crate) fn sign_in(
        &self,
        form: Posted<'_>,
        username: &str,
        password: &str,
        source: &Source,
    ) -> Result<Advance, FlowError> {
        let user = self.with_directory(|directory| directory.user_by_email(username));
        let sign_up = self.sign_up_of(username);
        let checked = self.posted(Page::SignIn, form).and_then(|flow| {
            // A user who does not exist costs the same comparison as one who does.
            let expected = user.as_ref().map(|user| &user.password);
            let expected = expected.or(sign_up.as_ref().map(|sign_up| &sign_up.password)).cloned();
            let is_right = expected.clone().unwrap_or_else(|| Secret::new("")).matches(password);
            if !is_right || expected.is_none() {
                return Err(FlowError::WrongCredentials);
            }
            self.take_flow(form.flow_id)?;
            Ok(flow)
        });
        let flow = checked.inspect_err(|error| {
            let named = user.as_deref().filter(|_| *error == FlowError::WrongCredentials);
            self.record_failure(form.flow_id, named, error, source);
        })?;
        match (user, sign_up) {
            (Some(user), _) => Ok(self.admit(&user, flow, source, "You logged in successfully")),
            (None, Some(sign_up)) => Ok(self.ask_for_code(&sign_up, flow, source)),
            // A password was right, so there was one of them.
            (None, None) => Err(FlowError::UnknownFlow),
        }
    }

    /// Goes on with a user who proved who they are.
    pub(super) fn admit(&self, user: &Arc<User>, flow: Flow, source: &Source, message: &str) -> Advance {
        let (cookie, session) = self.start_session(user, &flow.request, source, message);
        let next = self.after_sign_in(flow, session, source);
        Advance { session: Some(cookie), next }
    }

    fn after_sign_in(&self, flow: Flow, session: Session, source: &Source) -> Next {
        if self.needs_consent(&flow.request, &session.user) {
            return self.turn_to(flow.request, flow.browser, Step::Consent { session });
        }
        Next::Client(self.authorize(&flow.request, &session, source))
    }
}

/// What somebody says that a user is called, where it may stand in a form.
pub(super) fn suggestion(text: &str) -> Option<String> {
    let text = text.trim();
    let is_plain = text.chars().all(|c| !c.is_control() && !display::steers(c));
    (!text.is_empty() && text.len() <= LONGEST_ADDRESS && is_plain).then(|| text.to_owned())
}
