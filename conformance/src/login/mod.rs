//! A user's sign-in through the browser, as an MCP client does it: from the server's challenge to a token for it.
//!
//! Unlike [`sign_in`](crate::sign_in), which walks through the pages of a zone of ours by itself, this knows nothing of
//! the authorization server but what it publishes.

pub mod browser;
pub mod callback;

use std::time::Duration;

use async_trait::async_trait;
use serde_json::{Map, Value};
use tokio::sync::Mutex;
use url::Url;

use crate::challenge::is_scope_byte;
use crate::checks::discovery::relation::{Relation, relation};
use crate::discovery::Discovery;
use crate::given::{Obtained, TokenSource, token_in};
use crate::oauth::OAuthError;
use crate::oauth::code_flow::{self, AuthorizationRequest, Granted};
use crate::oauth::http::Http;
use crate::oauth::metadata::AuthorizationServer;
use crate::oauth::registration::Client;
use crate::reply::Reply;
use crate::secrets::Secrets;
use crate::text::quoted;

use callback::Callback;

/// The variable that may hold the secret of the client of `--client-id`.
pub const SECRET_VARIABLE: &str = "CONFORMANCE_CLIENT_SECRET";

/// Most authorization servers that are looked at of those that a server names, and that are shown.
const ISSUERS_READ: usize = 50;
const ISSUERS_SHOWN: usize = 5;

/// Whoever leads the user to the authorization server: a browser, or a line on the screen.
#[async_trait]
pub trait Guide: Send + Sync + std::fmt::Debug {
    /// Shows the user where to sign in.
    async fn lead(&self, to: &Url);
}

/// A client that was registered by hand.
#[derive(Clone)]
pub struct Known {
    /// `client_id`.
    pub id: String,
    /// Its secret, if it has one.
    pub secret: Option<String>,
}

impl std::fmt::Debug for Known {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Known").field("id", &self.id).finish_non_exhaustive()
    }
}

/// A sign-in to be done, and then what it gave.
#[derive(Debug)]
pub struct Login {
    /// The MCP endpoint, for which the token will be.
    pub endpoint: Url,
    /// The client; without one, the suite registers itself.
    pub client: Option<Known>,
    /// The one authorization server to sign in at, whichever others the server under test names.
    pub issuer: Option<String>,
    /// Scopes to ask for beside those that the server names.
    pub scopes: Vec<String>,
    /// Who shows the user the way.
    pub guide: Box<dyn Guide>,
    /// How long the user may take.
    pub within: Duration,
    /// What the last sign-in left.
    pub session: Mutex<Option<Session>>,
}

/// What a finished sign-in leaves, for when its token runs out.
pub struct Session {
    http: Http,
    server: AuthorizationServer,
    client: Client,
    resource: String,
    refresh_token: Option<String>,
}

impl std::fmt::Debug for Session {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Session").field("server", &self.server.issuer).finish_non_exhaustive()
    }
}

/// Why nobody was signed in.
#[derive(Debug, thiserror::Error)]
pub enum LoginError {
    /// Nothing says where to sign in (RFC 9728 section 3.2).
    #[error(
        "the server's metadata name no authorization server, so no client finds out where to sign in; the check \
         metadata-authorization-servers says more, and --token-file or --token-command do without"
    )]
    NoAuthorizationServer,
    /// A client's secret goes to its own authorization server alone (RFC 9700 section 4.4).
    #[error(
        "the server's metadata name {named} as its authorization server, which is not that of --issuer, {expected}; nobody \
         was asked to sign in. If you trust the one that it names, give it as --issuer, just as it stands there"
    )]
    OtherIssuer {
        /// Those that it names.
        named: String,
        /// The user's.
        expected: String,
    },
    /// A token for something else was asked of the user (RFC 9728 section 3.3).
    #[error(
        "the server's metadata name the resource {0}, which is not this server, and a client must not ask for a token of \
         another; the check metadata-resource-endpoint says more"
    )]
    OtherResource(String),
    /// MCP's Authorization text, "Authorization Code Protection".
    #[error(
        "the authorization server {0} does not offer PKCE with S256 (code_challenge_methods_supported), and an MCP client \
         must not go on without"
    )]
    NoPkce(String),
    /// Neither way to become a client.
    #[error(
        "the authorization server {0} registers no clients by itself; register one there, with the redirect URI \
         http://127.0.0.1/callback on any port, and name it with --client-id"
    )]
    NoClient(String),
    /// Nobody can be answered.
    #[error("could not listen on 127.0.0.1 for the browser's way back: {0}")]
    Listen(#[from] std::io::Error),
    /// The user did not come back.
    #[error("nobody signed in within {} s (--login-timeout)", .0.as_secs())]
    Timeout(Duration),
    /// The authorization server did not lead on.
    #[error("{error}{}", .error.advice().map(|advice| format!("; {advice}")).unwrap_or_default())]
    OAuth {
        /// Why.
        #[from]
        error: OAuthError,
    },
    /// A token that cannot be sent.
    #[error("the access token is {0}")]
    Token(#[from] crate::given::NoToken),
    /// The end of the session, in the middle of a run.
    #[error("the token ran out, and the authorization server gave no refresh token")]
    NoRefreshToken,
}

#[async_trait]
impl TokenSource for Login {
    fn name(&self) -> &'static str {
        "--login"
    }

    fn renews(&self) -> bool {
        true
    }

    /// Signs the user in; where they are, redeems the refresh token: nobody is asked again in the middle of a run.
    async fn obtain(&self, discovery: &Discovery, secrets: &Secrets) -> Result<Obtained, String> {
        let mut session = self.session.lock().await;
        let granted = match &mut *session {
            None => self.sign_in(discovery, secrets).await.map(|(granted, begun)| {
                *session = Some(begun);
                granted
            }),
            Some(session) => session.refresh(secrets).await,
        };
        let obtained = granted.and_then(|granted| {
            Ok(Obtained { token: token_in(granted.access_token.as_bytes())?, expires_in: granted.expires_in })
        });
        // What an authorization server answers may hold what it was sent.
        obtained.map_err(|error| secrets.mask(&format!("--login: {error}")))
    }
}

impl Login {
    async fn sign_in(&self, discovery: &Discovery, secrets: &Secrets) -> Result<(Granted, Session), LoginError> {
        let named = Named::in_metadata(discovery, &self.endpoint, self.issuer.as_deref())?;
        let scopes = self.scopes(discovery, &named.metadata);
        let http = Http::new()?;
        let server = AuthorizationServer::discover(&http, &named.issuer, &self.endpoint).await?;
        if !server.offers_s256 {
            return Err(LoginError::NoPkce(quoted(&server.issuer)));
        }
        let callback = Callback::bind().await?;
        let client = match &self.client {
            Some(known) => Client::known(&server, &known.id, known.secret.as_deref())?,
            None if server.registers_clients() => {
                Client::register(&http, &server, callback.redirect_uri(), &scopes).await?
            }
            None => return Err(LoginError::NoClient(quoted(&server.issuer))),
        };
        if let Some(secret) = client.secret() {
            secrets.add(secret, "client secret");
        }
        let request = AuthorizationRequest::new(&server, &client, callback.redirect_uri(), &named.resource, &scopes)?;
        secrets.add(&request.verifier, "code verifier");
        let came = callback.answer(&request.state);
        let led = self.guide.lead(&request.url);
        // Some ways of opening a browser end when it is closed, which may be never.
        let came = async {
            tokio::pin!(came);
            tokio::select! {
                back = &mut came => back,
                () = led => came.await,
            }
        };
        let back = tokio::time::timeout(self.within, came).await.map_err(|_| LoginError::Timeout(self.within))??;
        let code = request.code(&server, &back)?;
        secrets.add(&code, "authorization code");
        let granted = request.redeem(&http, &server, &client, &code).await?;
        keep_secret(&granted, secrets);
        let refresh_token = granted.refresh_token.clone();
        Ok((granted, Session { http, server, client, resource: named.resource, refresh_token }))
    }

    /// The scopes that a client asks for (MCP, "Scope Selection Strategy"): the challenge's, else all that the metadata
    /// name; and those that the user said their tools need, which a client would be asked for later.
    fn scopes(&self, discovery: &Discovery, metadata: &Map<String, Value>) -> String {
        let challenge = discovery.anonymous.as_ref().ok().and_then(Reply::bearer_challenge);
        let challenged = challenge.as_ref().and_then(|c| c.param("scope")).unwrap_or_default();
        let mut scopes: Vec<String> = challenged.split(' ').map(str::to_owned).collect();
        scopes.retain(|scope| !scope.is_empty());
        if scopes.is_empty() {
            let supported = metadata.get("scopes_supported").and_then(Value::as_array);
            scopes.extend(supported.into_iter().flatten().filter_map(Value::as_str).map(str::to_owned));
        }
        scopes.extend(self.scopes.iter().cloned());
        let mut asked: Vec<String> = Vec::new();
        for scope in scopes {
            // What cannot be sent, checks of the challenge and the metadata judge.
            if !scope.is_empty() && scope.bytes().all(is_scope_byte) && !asked.contains(&scope) {
                asked.push(scope);
            }
        }
        asked.join(" ")
    }
}

impl Session {
    async fn refresh(&mut self, secrets: &Secrets) -> Result<Granted, LoginError> {
        let token = self.refresh_token.clone().ok_or(LoginError::NoRefreshToken)?;
        let granted = code_flow::refresh(&self.http, &self.server, &self.client, &token, &self.resource).await?;
        keep_secret(&granted, secrets);
        self.refresh_token.clone_from(&granted.refresh_token);
        Ok(granted)
    }
}

fn keep_secret(granted: &Granted, secrets: &Secrets) {
    secrets.add(&granted.access_token, "given token");
    if let Some(token) = &granted.refresh_token {
        secrets.add(token, "refresh token");
    }
}

/// What the protected resource metadata say to a client that wants to sign in.
struct Named {
    metadata: Map<String, Value>,
    resource: String,
    issuer: String,
}

impl Named {
    fn in_metadata(discovery: &Discovery, endpoint: &Url, wanted: Option<&str>) -> Result<Self, LoginError> {
        let mut named: Vec<String> = Vec::new();
        let mut found = None;
        for (_, metadata) in discovery.documents() {
            let listed = metadata.get("authorization_servers").and_then(Value::as_array);
            let listed = listed.into_iter().flatten().filter_map(Value::as_str);
            for issuer in listed.take(ISSUERS_READ) {
                if found.is_none() && wanted.is_none_or(|wanted| wanted == issuer) {
                    found = Some((metadata.clone(), issuer.to_owned()));
                }
                if !named.iter().any(|n| n == issuer) {
                    named.push(issuer.to_owned());
                }
            }
        }
        let (metadata, issuer) = match (found, wanted) {
            (Some(found), _) => found,
            (None, Some(wanted)) if !named.is_empty() => {
                let named: Vec<_> = named.iter().take(ISSUERS_SHOWN).map(|n| quoted(n)).collect();
                return Err(LoginError::OtherIssuer { named: named.join(", "), expected: quoted(wanted) });
            }
            (None, _) => return Err(LoginError::NoAuthorizationServer),
        };
        // A server that names another's resource would else get a token that is good there.
        let resource = match metadata.get("resource") {
            None => endpoint.to_string(),
            Some(named) => {
                let text = named.as_str().unwrap_or_default();
                match relation(text, endpoint) {
                    Relation::Exact | Relation::Covering | Relation::OtherLoopbackName => text.to_owned(),
                    Relation::Another => return Err(LoginError::OtherResource(quoted(text))),
                }
            }
        };
        Ok(Self { metadata, resource, issuer })
    }
}
