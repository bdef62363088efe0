//! How a client becomes known: dynamic registration (RFC 7591), open to everyone.

use std::sync::Arc;

use openssl::sha::sha256;
use serde_json::{Map, Value, json};

use super::client_keys::{KeySetError, KeySource};
use super::directory::{Authentication, Client, Grants, Methods, Standing};
use super::secret::Secret;
use super::unreadable::Unreadable;
use super::{Zone, redirect, scope};
use crate::fetch::Fetcher;

/// How a client may authenticate at the token endpoint.
pub(super) const AUTHENTICATION_METHODS: [&str; 4] =
    ["none", "client_secret_basic", "client_secret_post", "private_key_jwt"];

/// The most redirect URIs of one client.
const MOST_REDIRECT_URIS: usize = 20;
/// The longest name kept.
const LONGEST_NAME: usize = 255;

/// Why a registration was refused (RFC 7591 section 3.2.2).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum RegistrationError {
    #[error(transparent)]
    Unreadable(#[from] Unreadable),
    #[error("the body must be a JSON object sent as application/json")]
    NoObject,
    #[error("{member} must be {expected}")]
    WrongKind { member: &'static str, expected: &'static str },
    #[error("redirect_uris[{index}]: {because}")]
    Redirect { index: usize, because: redirect::RedirectError },
    #[error("redirect_uris is required for the grant type authorization_code")]
    NoRedirect,
    #[error("redirect_uris must have at most {MOST_REDIRECT_URIS} entries")]
    ManyRedirects,
    #[error("token_endpoint_auth_method must be one of {}", AUTHENTICATION_METHODS.join(", "))]
    Method,
    #[error(transparent)]
    Keys(#[from] KeySetError),
    #[error("grant_types must hold one of authorization_code and client_credentials")]
    NoGrant,
    #[error("response_types must hold code for the grant type authorization_code")]
    NoResponseType,
    #[error("a public client (token_endpoint_auth_method none) cannot use client_credentials")]
    PublicCredentials,
}

impl RegistrationError {
    pub(crate) fn oauth_code(&self) -> &'static str {
        match self {
            Self::Redirect { .. } | Self::NoRedirect | Self::ManyRedirects => "invalid_redirect_uri",
            _ => "invalid_client_metadata",
        }
    }
}

impl Zone {
    /// Registers a client and gives its registration as RFC 7591 section 3.2.1 has it.
    pub(crate) fn register(&self, metadata: Value) -> Result<Value, RegistrationError> {
        let Value::Object(members) = metadata else {
            return Err(RegistrationError::NoObject);
        };
        // RFC 7591 has client_secret_basic for a default.
        let metadata = Metadata::read(&members, "client_secret_basic", &self.fetcher)?;
        let keys: Vec<_> = ["jwks", "jwks_uri"]
            .into_iter()
            .filter_map(|name| Some((name, members.get(name).filter(|_| metadata.keys.is_some())?.clone())))
            .collect();
        // What is hashed is our choice; the salt makes two registrations of the same metadata two clients.
        let id = format!("ua:{}", hex(&sha256(format!("{}{}", self.draw_secret(), Value::Object(members)).as_bytes())));
        let has_secret = metadata.method.starts_with("client_secret_");
        let secret = has_secret.then(|| self.draw_secret());
        let mut answer = json!({
            "client_id": id,
            "client_id_issued_at": self.now().as_second(),
            "token_endpoint_auth_method": metadata.method,
            "grant_types": metadata.grants.iter().map(|grant| grant.as_str()).collect::<Vec<_>>(),
            "response_types": metadata.response_types(),
            "redirect_uris": metadata.redirect_uris,
        });
        if let Some(name) = &metadata.name {
            answer["client_name"] = json!(name);
        }
        for (name, value) in keys {
            answer[name] = value;
        }
        // Kept for the client to read, never enforced: some clients register the first challenge's scope, and a limit
        // would break their step-up.
        if let Some(scope) = &metadata.scope {
            answer["scope"] = json!(scope);
        }
        if let Some(secret) = &secret {
            answer["client_secret"] = json!(secret);
            answer["client_secret_expires_at"] = json!(0);
        }
        let client = Arc::new(Client {
            name: metadata.name.unwrap_or_else(|| "Unnamed client".to_owned()),
            redirect_uris: metadata.redirect_uris,
            authentication: match secret {
                None if metadata.keys.is_some() => Authentication::PrivateKey,
                None => Authentication::None,
                Some(secret) => Authentication::Secret {
                    secret: Secret::new(secret),
                    methods: match metadata.method {
                        "client_secret_post" => Methods::Post,
                        _ => Methods::Basic,
                    },
                },
            },
            grants: metadata.grants,
            keys: metadata.keys,
            workload: None,
            standing: Standing::UserAgent,
            id,
        });
        tracing::info!(client_id = client.id, "a client registered itself");
        self.with_directory(|directory| directory.register(client));
        Ok(answer)
    }
}

/// The client metadata that this zone acts on; the rest is ignored (RFC 7591 section 2).
pub(super) struct Metadata {
    pub(super) name: Option<String>,
    pub(super) redirect_uris: Vec<String>,
    method: &'static str,
    pub(super) grants: Vec<Grants>,
    /// Where the keys are, with `private_key_jwt`.
    pub(super) keys: Option<KeySource>,
    scope: Option<String>,
}

impl Metadata {
    /// Reads client metadata, in which `method` stands for no `token_endpoint_auth_method`.
    pub(super) fn read(
        members: &Map<String, Value>,
        method: &str,
        fetcher: &Fetcher,
    ) -> Result<Self, RegistrationError> {
        let named = string(members, "token_endpoint_auth_method")?.unwrap_or(method);
        let method =
            AUTHENTICATION_METHODS.into_iter().find(|method| *method == named).ok_or(RegistrationError::Method)?;
        let keys = if method == "private_key_jwt" { Some(KeySource::read(members)?) } else { None };
        if let Some(url) = keys.as_ref().and_then(KeySource::url) {
            fetcher.check(url).map_err(KeySetError::Uri)?;
        }
        let grants = match strings(members, "grant_types")? {
            None => vec![Grants::AuthorizationCode, Grants::RefreshToken],
            // Grant types unknown here are left out of the answer, as RFC 7591 section 3.2.1 allows.
            // So is an exchange for a public client, who could not prove to be the one that a token was sent to.
            Some(named) => Grants::ALL
                .into_iter()
                .filter(|grant| named.contains(&grant.as_str()))
                .filter(|grant| *grant != Grants::TokenExchange || method != "none")
                .collect(),
        };
        let by_code = grants.contains(&Grants::AuthorizationCode);
        let by_credentials = grants.contains(&Grants::ClientCredentials);
        if !by_code && !by_credentials {
            return Err(RegistrationError::NoGrant);
        }
        if by_credentials && method == "none" {
            return Err(RegistrationError::PublicCredentials);
        }
        if let Some(types) = strings(members, "response_types")?
            && by_code
            && !types.contains(&"code")
        {
            return Err(RegistrationError::NoResponseType);
        }
        let redirect_uris = strings(members, "redirect_uris")?.unwrap_or_default();
        if redirect_uris.len() > MOST_REDIRECT_URIS {
            return Err(RegistrationError::ManyRedirects);
        }
        for (index, uri) in redirect_uris.iter().enumerate() {
            redirect::check_registrable(uri).map_err(|because| RegistrationError::Redirect { index, because })?;
        }
        if by_code && redirect_uris.is_empty() {
            return Err(RegistrationError::NoRedirect);
        }
        let scope = string(members, "scope")?;
        if scope.is_some_and(|scope| scope::parse(scope).is_none()) {
            return Err(RegistrationError::WrongKind {
                member: "scope",
                expected: "scopes of RFC 6749 section 3.3 between spaces, at most 100 in 4096 characters",
            });
        }
        Ok(Self {
            name: string(members, "client_name")?
                .map(|name| name.chars().filter(|c| !c.is_control()).take(LONGEST_NAME).collect::<String>())
                .filter(|name| !name.trim().is_empty()),
            redirect_uris: redirect_uris.into_iter().map(str::to_owned).collect(),
            method,
            grants,
            keys,
            scope: scope.map(str::to_owned),
        })
    }

    fn response_types(&self) -> &'static [&'static str] {
        if self.grants.contains(&Grants::AuthorizationCode) { &["code"] } else { &[] }
    }
}

/// A member that is a string; null counts as absent, since a real client sends nulls.
fn string<'a>(members: &'a Map<String, Value>, member: &'static str) -> Result<Option<&'a str>, RegistrationError> {
    match members.get(member) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(_) => Err(RegistrationError::WrongKind { member, expected: "a string" }),
    }
}

fn strings<'a>(
    members: &'a Map<String, Value>,
    member: &'static str,
) -> Result<Option<Vec<&'a str>>, RegistrationError> {
    let wrong = || RegistrationError::WrongKind { member, expected: "an array of strings" };
    match members.get(member) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::Array(items)) => {
            items.iter().map(|item| item.as_str().ok_or_else(wrong)).collect::<Result<_, _>>().map(Some)
        }
        Some(_) => Err(wrong()),
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        for nibble in [byte >> 4, byte & 15] {
            // A nibble is below 16, so it always is a digit.
            text.extend(char::from_digit(u32::from(nibble), 16));
        }
        text
    })
}
