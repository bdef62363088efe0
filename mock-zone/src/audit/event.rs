//! One audit event, and what is known of it before it has its place in the order.

use jiff::Timestamp;
use serde::Serialize;

/// What happened, in the real service's names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub(crate) enum EventName {
    #[serde(rename = "users:authenticate")]
    UsersAuthenticate,
    #[serde(rename = "users:authorize")]
    UsersAuthorize,
    #[serde(rename = "credentials:issue")]
    CredentialsIssue,
}

impl EventName {
    pub(crate) const ALL: [Self; 3] = [Self::UsersAuthenticate, Self::UsersAuthorize, Self::CredentialsIssue];

    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::UsersAuthenticate => "users:authenticate",
            Self::UsersAuthorize => "users:authorize",
            Self::CredentialsIssue => "credentials:issue",
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Outcome {
    Success,
    Failure,
}

/// A user as events name them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct UserRef {
    pub(crate) id: String,
    pub(crate) identifier: String,
    pub(crate) email: String,
}

/// A client as events name it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct ClientRef {
    pub(crate) client_id: String,
    pub(crate) name: String,
}

/// Who acted: the user, the client on whose screen they did, or both.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Actor {
    #[serde(rename = "type")]
    kind: &'static str,
    user: Option<UserRef>,
    client: Option<ClientRef>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub(crate) struct Scopes {
    pub(crate) requested: Vec<String>,
    pub(crate) granted: Vec<String>,
}

/// Where the request came from.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub(crate) struct Source {
    pub(crate) ip: Option<String>,
    pub(crate) user_agent: Option<String>,
}

/// An event as its writer knows it.
#[derive(Debug, Clone)]
pub(crate) struct Draft {
    pub(crate) name: EventName,
    /// The failure's code; `None` is success.
    pub(crate) reason: Option<&'static str>,
    pub(crate) message: String,
    pub(crate) user: Option<UserRef>,
    pub(crate) client: Option<ClientRef>,
    pub(crate) session_id: Option<String>,
    pub(crate) grant_id: Option<String>,
    pub(crate) credential_id: Option<String>,
    pub(crate) resource: Option<String>,
    pub(crate) scopes: Scopes,
    pub(crate) grant_type: Option<&'static str>,
    /// Ties the events of one flow together.
    pub(crate) correlation_id: String,
    pub(crate) source: Source,
}

/// An event in its place. Members that do not apply are null, never absent.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Event {
    pub(crate) id: String,
    pub(crate) sequence: u64,
    pub(crate) time: Timestamp,
    pub(crate) zone_id: String,
    #[serde(rename = "event")]
    pub(crate) name: EventName,
    pub(crate) outcome: Outcome,
    pub(crate) reason: Option<&'static str>,
    pub(crate) message: String,
    pub(crate) actor: Actor,
    pub(crate) session_id: Option<String>,
    pub(crate) grant_id: Option<String>,
    pub(crate) credential_id: Option<String>,
    pub(crate) resource: Option<String>,
    pub(crate) scopes: Scopes,
    pub(crate) grant_type: Option<&'static str>,
    pub(crate) correlation_id: String,
    pub(crate) source: Source,
}

/// The longest message kept; a client chooses part of some.
const LONGEST_MESSAGE: usize = 1024;

impl Draft {
    pub(super) fn place(self, id: String, sequence: u64, time: Timestamp, zone_id: &str) -> Event {
        Event {
            id,
            sequence,
            time,
            zone_id: zone_id.to_owned(),
            name: self.name,
            outcome: match self.reason {
                None => Outcome::Success,
                Some(_) => Outcome::Failure,
            },
            reason: self.reason,
            message: self.message.chars().take(LONGEST_MESSAGE).collect(),
            actor: Actor { kind: "identity_chain", user: self.user, client: self.client },
            session_id: self.session_id,
            grant_id: self.grant_id,
            credential_id: self.credential_id,
            resource: self.resource,
            scopes: self.scopes,
            grant_type: self.grant_type,
            correlation_id: self.correlation_id,
            source: self.source,
        }
    }
}

impl Event {
    pub(super) fn client_id(&self) -> Option<&str> {
        self.actor.client.as_ref().map(|client| client.client_id.as_str())
    }
}
