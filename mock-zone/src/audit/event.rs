//! One audit event, and what is known of it before it has its place in the order.

use jiff::Timestamp;
use serde::Serialize;

use crate::zone::scope;

/// What happened, in the real service's names. `users:create` and `sessions:end` are our choice, in the same style.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub(crate) enum EventName {
    #[serde(rename = "users:authenticate")]
    UsersAuthenticate,
    #[serde(rename = "users:authorize")]
    UsersAuthorize,
    #[serde(rename = "credentials:issue")]
    CredentialsIssue,
    #[serde(rename = "delegated_grants:create")]
    DelegatedGrantsCreate,
    #[serde(rename = "users:create")]
    UsersCreate,
    #[serde(rename = "sessions:end")]
    SessionsEnd,
}

impl EventName {
    pub(crate) const ALL: [Self; 6] = [
        Self::UsersAuthenticate,
        Self::UsersAuthorize,
        Self::CredentialsIssue,
        Self::DelegatedGrantsCreate,
        Self::UsersCreate,
        Self::SessionsEnd,
    ];

    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::UsersAuthenticate => "users:authenticate",
            Self::UsersAuthorize => "users:authorize",
            Self::CredentialsIssue => "credentials:issue",
            Self::DelegatedGrantsCreate => "delegated_grants:create",
            Self::UsersCreate => "users:create",
            Self::SessionsEnd => "sessions:end",
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

// How much of an event is kept: a client chooses part of it, and the trail is bounded in bytes only if its events are.
// Resource identifiers, and the number of scopes, have the same limits where they are read.
const LONGEST_MESSAGE: usize = 1024;
const LONGEST_RESOURCE: usize = 2048;
const LONGEST_NAME: usize = 255;
const LONGEST_SCOPE: usize = 256;

impl Draft {
    /// A success of which nothing else is known yet.
    pub(crate) fn new(name: EventName, correlation_id: String, source: Source) -> Self {
        Self {
            name,
            reason: None,
            message: String::new(),
            user: None,
            client: None,
            session_id: None,
            grant_id: None,
            credential_id: None,
            resource: None,
            scopes: Scopes::default(),
            grant_type: None,
            correlation_id,
            source,
        }
    }

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
            message: plain(&self.message, LONGEST_MESSAGE),
            actor: Actor {
                kind: "identity_chain",
                user: self.user,
                client: self
                    .client
                    .map(|client| ClientRef { name: plain(&client.name, LONGEST_NAME), client_id: client.client_id }),
            },
            session_id: self.session_id,
            grant_id: self.grant_id,
            credential_id: self.credential_id,
            resource: self.resource.map(|resource| plain(&resource, LONGEST_RESOURCE)),
            scopes: Scopes {
                requested: plain_scopes(&self.scopes.requested),
                granted: plain_scopes(&self.scopes.granted),
            },
            grant_type: self.grant_type,
            correlation_id: self.correlation_id,
            source: Source {
                ip: self.source.ip,
                user_agent: self.source.user_agent.map(|user_agent| plain(&user_agent, LONGEST_MESSAGE)),
            },
        }
    }
}

/// `text`, as much of it as is kept, with nothing in it that would begin a line of its own or turn the reading
/// direction in a log or on a terminal.
fn plain(text: &str, longest: usize) -> String {
    let steers = |c: char| c.is_control() || matches!(c, '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    text.chars().take(longest).map(|c| if steers(c) { char::REPLACEMENT_CHARACTER } else { c }).collect()
}

fn plain_scopes(scopes: &[String]) -> Vec<String> {
    scopes.iter().take(scope::MOST).map(|scope| plain(scope, LONGEST_SCOPE)).collect()
}

impl Event {
    pub(super) fn client_id(&self) -> Option<&str> {
        self.actor.client.as_ref().map(|client| client.client_id.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn placed(draft: Draft) -> Event {
        draft.place("id".to_owned(), 1, Timestamp::UNIX_EPOCH, "zone")
    }

    fn draft() -> Draft {
        Draft::new(EventName::CredentialsIssue, String::new(), Source::default())
    }

    #[test]
    fn an_event_is_bounded_in_bytes() {
        let long = "x".repeat(100_000);

        let event = placed(Draft {
            message: long.clone(),
            client: Some(ClientRef { client_id: "c".to_owned(), name: long.clone() }),
            resource: Some(long.clone()),
            scopes: Scopes { requested: vec![long.clone(); 1000], granted: vec![long.clone(); 1000] },
            source: Source { ip: None, user_agent: Some(long) },
            ..draft()
        });

        assert_eq!(event.resource.as_ref().map(String::len), Some(2048));
        assert_eq!(event.scopes.requested.len(), 100);
        let bytes = serde_json::to_vec(&event).unwrap().len();
        assert!(bytes < 64 * 1024, "{bytes}");
    }

    #[test]
    fn no_text_of_a_clients_choosing_begins_a_line_or_steers_a_terminal() {
        let hostile = "a\nINFO forged\r\u{1b}[2J\u{202e}\u{2028}";

        let event = placed(Draft {
            message: hostile.to_owned(),
            client: Some(ClientRef { client_id: "c".to_owned(), name: hostile.to_owned() }),
            resource: Some(hostile.to_owned()),
            source: Source { ip: None, user_agent: Some(hostile.to_owned()) },
            ..draft()
        });

        let harmless = "a\u{fffd}INFO forged\u{fffd}\u{fffd}[2J\u{fffd}\u{fffd}";
        assert_eq!(event.message, harmless);
        assert_eq!(event.resource.as_deref(), Some(harmless));
        assert_eq!(event.source.user_agent.as_deref(), Some(harmless));
        assert_eq!(event.actor.client.map(|client| client.name).as_deref(), Some(harmless));
    }
}
