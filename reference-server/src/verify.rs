//! From a bearer token to a [`VerifiedToken`], which nothing else can make.

use std::{fmt, sync::Arc, time::Duration};

use async_trait::async_trait;

use crate::{
    jws::CompactJws,
    keys::{KeyError, ZoneKeys},
    ports::Clock,
    rules::{self, Algorithm, Identity, TokenTypes},
    scopes::Scopes,
};

/// Says whether a token is good here.
#[async_trait]
pub trait Verifier: Send + Sync + 'static {
    /// What a good token becomes.
    type Verified: Caller;

    /// Verifies `token`, which is of the Bearer scheme's characters and otherwise unknown.
    async fn verify(&self, token: &str) -> Result<Self::Verified, VerifyError>;
}

/// What the layer, the tools and the audit trail need to know about who calls.
pub trait Caller: Clone + Send + Sync + 'static {
    /// For whom the call is made.
    fn subject(&self) -> &str;
    /// The OAuth client that makes it.
    fn client_id(&self) -> &str;
    /// What the token permits.
    fn scopes(&self) -> &Scopes;
    /// The token's own name (`jti`), never the token.
    fn token_id(&self) -> Option<&str>;
    /// The sign-in that the token comes from (`sid`).
    fn session(&self) -> Option<&str> {
        None
    }
}

/// Why there is no caller.
#[derive(Debug, thiserror::Error)]
pub enum VerifyError {
    /// The token is not good here.
    #[error(transparent)]
    Invalid(#[from] InvalidToken),
    /// Nobody can say now; ask again.
    #[error("the zone's keys cannot be had")]
    Unavailable {
        /// When.
        retry_after: Duration,
    },
}

/// What is wrong with a token. Nothing of the token is in here, so nothing of it can get out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InvalidToken {
    /// No JWT in compact form.
    Malformed,
    /// `alg` is absent or not allowed.
    Algorithm,
    /// `typ` is not that of an access token.
    TokenType,
    /// `crit` is there.
    Critical,
    /// `iss` is not the zone.
    Issuer,
    /// `exp` has passed.
    Expired,
    /// `nbf` has not come.
    NotYetValid,
    /// `aud` does not name this resource.
    Audience,
    /// A claim is absent or of the wrong type.
    Claims,
    /// No key of the zone has this `kid`, or none that may verify this.
    UnknownKey,
    /// The signature is wrong.
    Signature,
}

impl InvalidToken {
    /// All of them.
    pub const ALL: &[Self] = &[
        Self::Malformed,
        Self::Algorithm,
        Self::TokenType,
        Self::Critical,
        Self::Issuer,
        Self::Expired,
        Self::NotYetValid,
        Self::Audience,
        Self::Claims,
        Self::UnknownKey,
        Self::Signature,
    ];

    /// The sentence for `error_description`: printable ASCII without quote and backslash.
    pub fn description(self) -> &'static str {
        match self {
            Self::Malformed => "the token is not a well-formed JWT",
            Self::Algorithm => "the token is signed with an algorithm that is not accepted",
            Self::TokenType => "the token is not typed as an access token (at+jwt)",
            Self::Critical => "the token has a critical header parameter that is not understood",
            Self::Issuer => "the token was issued by another authorization server",
            Self::Expired => "the token has expired",
            Self::NotYetValid => "the token is not valid yet",
            Self::Audience => "the token was issued for another resource",
            Self::Claims => "the token lacks a claim or has one of the wrong type",
            Self::UnknownKey => "the token is signed with a key that is not known",
            Self::Signature => "the signature of the token is wrong",
        }
    }

    /// One word for the audit trail.
    pub fn reason(self) -> &'static str {
        match self {
            Self::Malformed => "token_malformed",
            Self::Algorithm => "token_algorithm",
            Self::TokenType => "token_type",
            Self::Critical => "token_critical_parameter",
            Self::Issuer => "token_issuer",
            Self::Expired => "token_expired",
            Self::NotYetValid => "token_not_yet_valid",
            Self::Audience => "token_audience",
            Self::Claims => "token_claims",
            Self::UnknownKey => "token_unknown_key",
            Self::Signature => "token_signature",
        }
    }
}

impl fmt::Display for InvalidToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.description())
    }
}

impl std::error::Error for InvalidToken {}

/// Proof that signature, issuer, audience, lifetime and type of a token were checked.
#[derive(Clone, Debug)]
pub struct VerifiedToken(Arc<Identity>);

impl Caller for VerifiedToken {
    fn subject(&self) -> &str {
        self.0.subject()
    }

    fn client_id(&self) -> &str {
        self.0.client_id()
    }

    fn scopes(&self) -> &Scopes {
        self.0.scopes()
    }

    fn token_id(&self) -> Option<&str> {
        self.0.token_id()
    }

    fn session(&self) -> Option<&str> {
        self.0.session()
    }
}

/// Verifies the access tokens that one zone issues for one resource.
pub struct ZoneVerifier {
    issuer: String,
    resource: String,
    keys: ZoneKeys,
    clock: Arc<dyn Clock>,
    algorithms: Vec<Algorithm>,
    token_types: TokenTypes,
}

impl ZoneVerifier {
    /// Accepts tokens of `issuer` for `resource`, signed with RS256 and typed `at+jwt`.
    pub fn new(issuer: &str, resource: &str, keys: ZoneKeys, clock: Arc<dyn Clock>) -> Self {
        Self {
            issuer: issuer.to_owned(),
            resource: resource.to_owned(),
            keys,
            clock,
            algorithms: vec![Algorithm::Rs256],
            token_types: TokenTypes::default(),
        }
    }

    /// Accepts exactly these algorithms.
    #[must_use]
    pub fn with_algorithms(self, algorithms: impl IntoIterator<Item = Algorithm>) -> Self {
        Self { algorithms: algorithms.into_iter().collect(), ..self }
    }

    /// Accepts these types.
    #[must_use]
    pub fn with_token_types(self, token_types: TokenTypes) -> Self {
        Self { token_types, ..self }
    }
}

#[async_trait]
impl Verifier for ZoneVerifier {
    type Verified = VerifiedToken;

    /// Cheap rules first, and the key last: a token that is not for us never causes a look-up.
    async fn verify(&self, token: &str) -> Result<VerifiedToken, VerifyError> {
        let jws = CompactJws::parse(token)?;
        let algorithm = rules::algorithm(&jws.header, &self.algorithms)?;
        rules::token_type(&jws.header, self.token_types)?;
        rules::critical(&jws.header)?;
        rules::issuer(&jws.claims, &self.issuer)?;
        rules::lifetime(&jws.claims, self.clock.now())?;
        rules::audience(&jws.claims, &self.resource)?;
        let caller = Identity::read(&jws.claims)?;
        let kid = rules::key_id(&jws.header)?;
        let key = self.keys.verification_key(kid).await?;
        key.verify(algorithm, jws.signing_input.as_bytes(), &jws.signature)?;
        Ok(VerifiedToken(Arc::new(caller)))
    }
}

impl From<KeyError> for VerifyError {
    fn from(error: KeyError) -> Self {
        match error {
            KeyError::Unknown => Self::Invalid(InvalidToken::UnknownKey),
            KeyError::Unavailable { retry_after, .. } => Self::Unavailable { retry_after },
        }
    }
}
