//! Flows: an authorization request on its way through the pages, one form at a time.
//!
//! A flow belongs to the browser that began it, and each form of it works once: the next page is a new flow.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;

use super::authorize::AuthorizationRequest;
use super::bounded::Bounded;
use super::directory::User;
use super::secret::{Secret, SecretHash};
use super::session::Session;
use super::sign_up::{LONGEST_ADDRESS, SHORTEST_PASSWORD};
use super::unreadable::Unreadable;
use super::{Zone, later};
use crate::audit::{Draft, EventName, Source};

/// How long a form may stay open.
const FLOW_LIFETIME: Duration = Duration::from_secs(15 * 60);

pub(super) type Flows = Bounded<String, Flow>;

/// An authorization request that waits for its user.
#[derive(Clone)]
pub(crate) struct Flow {
    pub(crate) request: Arc<AuthorizationRequest>,
    /// The browser that began it; another cannot finish it.
    pub(super) browser: SecretHash,
    /// Proves that the form which is posted is the one that was shown.
    pub(crate) form_token: Secret,
    expires_at: Timestamp,
    pub(crate) step: Step,
}

/// What a flow waits for.
#[derive(Clone)]
pub(crate) enum Step {
    /// Who the user says they are.
    Identifier { suggested: Option<String> },
    /// A password, or the wish to sign up.
    SignIn { username: Option<String> },
    /// The code that was sent to the address of a sign-up.
    VerifyEmail { email: String, sign_up: String },
    /// Whether the client may act for the user.
    Consent { session: Session },
}

/// A page of the zone's. Signing in and signing up are one step of a flow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Page {
    Identifier,
    SignIn,
    VerifyEmail,
    Consent,
}

impl Step {
    fn page(&self) -> Page {
        match self {
            Self::Identifier { .. } => Page::Identifier,
            Self::SignIn { .. } => Page::SignIn,
            Self::VerifyEmail { .. } => Page::VerifyEmail,
            Self::Consent { .. } => Page::Consent,
        }
    }
}

/// Where the browser goes next.
#[derive(Debug)]
pub(crate) enum Next {
    /// To the client, with an answer.
    Client(String),
    /// To a page of the zone's, for this flow.
    Page(Page, String),
}

/// A step forward.
#[derive(Debug)]
pub(crate) struct Advance {
    /// The cookie of a session that began with it.
    pub(crate) session: Option<String>,
    pub(crate) next: Next,
}

impl Advance {
    pub(super) fn to(next: Next) -> Self {
        Self { session: None, next }
    }
}

/// What every form of a flow carries.
#[derive(Clone, Copy)]
pub(crate) struct Posted<'a> {
    pub(crate) flow_id: &'a str,
    pub(crate) browser: &'a str,
    pub(crate) form_token: &'a str,
}

/// Why a flow does not go on.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum FlowError {
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
    #[error("You were signed out meanwhile. Start again from your application.")]
    SignedOut,
    #[error("The zone has no room for another user. Reset it, or start another.")]
    NoRoom,
    #[error("The e-mail address or the password is wrong.")]
    WrongCredentials,
    #[error("Type an e-mail address, such as ada@example.com, of at most {LONGEST_ADDRESS} characters.")]
    NoAddress,
    #[error("The password must have at least {SHORTEST_PASSWORD} characters.")]
    ShortPassword,
    #[error("Signing up needs an invitation, and none is open for this address. Ask who runs this zone for one.")]
    InvitationRequired,
    #[error("This address has an account already. Sign in with its password.")]
    AddressTaken,
    #[error("This code is wrong. Tries that are left: {left}.")]
    WrongCode { left: u32 },
    #[error("This code was tried too often or is too old. Ask for a new one.")]
    CodeOver,
    #[error("Choose whether to allow access or to deny it.")]
    NoDecision,
}

impl FlowError {
    /// What the event says. `INVALID_CREDENTIALS` and `INVITATION_REQUIRED` are the real zone's.
    fn reason(&self) -> &'static str {
        match self {
            Self::WrongCredentials => "INVALID_CREDENTIALS",
            Self::UnknownFlow => "UNKNOWN_FLOW",
            Self::OtherBrowser => "OTHER_BROWSER",
            Self::OtherForm => "OTHER_FORM",
            Self::ForeignPage => "FOREIGN_PAGE",
            Self::Unreadable(_) => "UNREADABLE_FORM",
            Self::SignedOut => "SIGNED_OUT",
            Self::NoRoom => "NO_ROOM",
            Self::NoAddress => "INVALID_ADDRESS",
            Self::ShortPassword => "SHORT_PASSWORD",
            Self::InvitationRequired => "INVITATION_REQUIRED",
            Self::AddressTaken => "ADDRESS_TAKEN",
            Self::WrongCode { .. } => "INVALID_CODE",
            Self::CodeOver => "CODE_OVER",
            Self::NoDecision => "NO_DECISION",
        }
    }

    /// Whether the user may fill in the form once more.
    pub(crate) fn may_try_again(&self) -> bool {
        matches!(
            self,
            Self::WrongCredentials
                | Self::NoAddress
                | Self::ShortPassword
                | Self::InvitationRequired
                | Self::AddressTaken
                | Self::WrongCode { .. }
                | Self::CodeOver
                | Self::NoDecision
        )
    }
}

impl Zone {
    /// Shows a page to a browser: keeps the flow and names it.
    pub(super) fn turn_to(&self, request: Arc<AuthorizationRequest>, browser: SecretHash, step: Step) -> Next {
        let id = self.draw_identifier();
        let page = step.page();
        let flow = Flow {
            request,
            browser,
            form_token: Secret::new(self.draw_secret()),
            expires_at: later(self.now(), FLOW_LIFETIME),
            step,
        };
        self.state().flows.insert(id.clone(), flow);
        Next::Page(page, id)
    }

    /// A flow that waits at `page`, for the browser that began it.
    pub(crate) fn flow(&self, page: Page, flow_id: &str, browser: &str) -> Result<Flow, FlowError> {
        let now = self.now();
        let state = self.state();
        let is_open = |flow: &&Flow| flow.expires_at > now && flow.step.page() == page;
        let flow = state.flows.find(flow_id).filter(is_open).ok_or(FlowError::UnknownFlow)?;
        if flow.browser != SecretHash::of(browser) {
            return Err(FlowError::OtherBrowser);
        }
        Ok(flow.clone())
    }

    /// The flow of a form that was posted, if it is the form that was shown.
    pub(super) fn posted(&self, page: Page, form: Posted<'_>) -> Result<Flow, FlowError> {
        let flow = self.flow(page, form.flow_id, form.browser)?;
        if !flow.form_token.matches(form.form_token) {
            return Err(FlowError::OtherForm);
        }
        Ok(flow)
    }

    /// Takes the flow: a form works once, even if it was posted twice at the same moment.
    pub(super) fn take_flow(&self, flow_id: &str) -> Result<(), FlowError> {
        self.state().flows.remove(flow_id).map(|_| ()).ok_or(FlowError::UnknownFlow)
    }

    /// Refuses a form that is not even looked at. It leaves an event.
    pub(crate) fn refuse_form(&self, flow_id: &str, error: FlowError, source: &Source) -> FlowError {
        self.record_failure(flow_id, None, &error, source);
        error
    }

    /// Whoever did not fill in the form that was shown has said nothing about a user: then `user` must be `None`.
    pub(super) fn record_failure(&self, flow_id: &str, user: Option<&User>, error: &FlowError, source: &Source) {
        let known = self.state().flows.find(flow_id).map(|flow| (Arc::clone(&flow.request), flow.step.page()));
        let (name, message) = match &known {
            Some((_, Page::Consent)) => (EventName::UsersAuthorize, "Your consent was not taken"),
            _ => (EventName::UsersAuthenticate, "Your login failed"),
        };
        let request = known.as_ref().map(|(request, _)| &**request);
        self.record(Draft {
            name,
            reason: Some(error.reason()),
            ..self.authentication(user, request, source, message)
        });
    }

    /// An event about a sign-in, as far as it is known whose, and for which request.
    pub(super) fn authentication(
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
