//! The rules that a token must keep before its key is even looked for, one function each.
//!
//! They work on what [`crate::jws`] took apart, so another verifier can be made of the same rules.

use jiff::Timestamp;
use serde_json::{Map, Value};

use crate::{
    scopes::Scopes,
    verify::{Caller, InvalidToken},
};

type Members = Map<String, Value>;

/// How far the zone's clock and ours may be apart. Machines that keep time with NTP differ by
/// milliseconds; this is for the rest, and short enough that an expired token is an expired token.
pub const LEEWAY_SECONDS: f64 = 5.0;

/// The longest `kid` that is looked up.
const MAX_KEY_ID_BYTES: usize = 256;

/// A signature algorithm that a zone may use. HMAC is not among them, and `none` least of all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Algorithm {
    /// RSASSA-PKCS1-v1_5 with SHA-256, the algorithm of every zone.
    Rs256,
    /// RSASSA-PSS with SHA-256.
    Ps256,
    /// ECDSA on P-256 with SHA-256.
    Es256,
    /// Ed25519.
    EdDsa,
}

impl Algorithm {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Rs256, Self::Ps256, Self::Es256, Self::EdDsa];

    /// The name in `alg`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Rs256 => "RS256",
            Self::Ps256 => "PS256",
            Self::Es256 => "ES256",
            Self::EdDsa => "EdDSA",
        }
    }
}

/// Which values of `typ` are taken for an access token.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TokenTypes {
    /// Only `at+jwt` and its long form (RFC 9068 section 4).
    #[default]
    AccessTokenOnly,
    /// Also `JWT` and none at all, for a zone that does not follow that profile.
    AlsoUntyped,
}

/// `alg` is there and is one of `allowed`; the key decides later, never the token (RFC 8725 section 3.1).
pub fn algorithm(header: &Members, allowed: &[Algorithm]) -> Result<Algorithm, InvalidToken> {
    let name = header.get("alg").and_then(Value::as_str);
    allowed.iter().copied().find(|algorithm| Some(algorithm.name()) == name).ok_or(InvalidToken::Algorithm)
}

/// `typ` says access token, as a media type and so in any letter case.
pub fn token_type(header: &Members, accepted: TokenTypes) -> Result<(), InvalidToken> {
    let untyped = accepted == TokenTypes::AlsoUntyped;
    let ok = match header.get("typ") {
        Some(Value::String(typ)) => {
            let typ = typ.to_ascii_lowercase();
            let short = typ.strip_prefix("application/").unwrap_or(&typ);
            short == "at+jwt" || (untyped && short == "jwt")
        }
        Some(_) => false,
        None => untyped,
    };
    if ok { Ok(()) } else { Err(InvalidToken::TokenType) }
}

/// No `crit`: we understand no extension, and an empty list is forbidden (RFC 7515 section 4.1.11).
pub fn critical(header: &Members) -> Result<(), InvalidToken> {
    match header.get("crit") {
        None => Ok(()),
        Some(_) => Err(InvalidToken::Critical),
    }
}

/// `iss` is the zone's issuer, letter by letter.
pub fn issuer(claims: &Members, issuer: &str) -> Result<(), InvalidToken> {
    match claims.get("iss") {
        Some(Value::String(named)) if named == issuer => Ok(()),
        _ => Err(InvalidToken::Issuer),
    }
}

/// The present lies before `exp`, which must be there, and not before `nbf`, give or take [`LEEWAY_SECONDS`].
pub fn lifetime(claims: &Members, now: Timestamp) -> Result<(), InvalidToken> {
    let now = now.as_duration().as_secs_f64();
    let expires = numeric_date(claims, "exp")?.ok_or(InvalidToken::Claims)?;
    if now >= expires + LEEWAY_SECONDS {
        return Err(InvalidToken::Expired);
    }
    if numeric_date(claims, "nbf")?.is_some_and(|not_before| now < not_before - LEEWAY_SECONDS) {
        return Err(InvalidToken::NotYetValid);
    }
    // Nothing depends on `iat`, but every access token has it (RFC 9068 section 2.2).
    numeric_date(claims, "iat")?.map(drop).ok_or(InvalidToken::Claims)
}

/// A number, the claim absent, or no token: `null`, text and truth are no dates.
fn numeric_date(claims: &Members, name: &str) -> Result<Option<f64>, InvalidToken> {
    match claims.get(name) {
        None => Ok(None),
        Some(Value::Number(number)) => match number.as_f64() {
            Some(seconds) if seconds.is_finite() => Ok(Some(seconds)),
            _ => Err(InvalidToken::Claims),
        },
        Some(_) => Err(InvalidToken::Claims),
    }
}

/// `aud` is `resource`, or a list of names that has it.
pub fn audience(claims: &Members, resource: &str) -> Result<(), InvalidToken> {
    let is_ours = |audience: &Value| audience.as_str().is_some_and(|audience| is_same_resource(audience, resource));
    let named = match claims.get("aud") {
        Some(Value::Array(audiences)) => audiences.iter().all(Value::is_string) && audiences.iter().any(is_ours),
        Some(audience) => is_ours(audience),
        None => false,
    };
    if named { Ok(()) } else { Err(InvalidToken::Audience) }
}

/// Letter by letter, but for scheme and host, which have no letter case (RFC 3986 section 6.2.2.1). MCP has servers
/// accept these in capitals ("Canonical Server URI").
pub fn is_same_resource(audience: &str, resource: &str) -> bool {
    let split = |uri: &str| {
        let authority = uri.find("://")? + "://".len();
        Some(uri[authority..].find(['/', '?', '#']).map_or(uri.len(), |at| authority + at))
    };
    let (Some(front), Some(own)) = (split(audience), split(resource)) else { return audience == resource };
    audience[..front].eq_ignore_ascii_case(&resource[..own]) && audience[front..] == resource[own..]
}

/// `kid` names a key. It is only ever compared with the names of the zone's keys.
pub fn key_id(header: &Members) -> Result<&str, InvalidToken> {
    match header.get("kid") {
        Some(Value::String(kid)) if (1..=MAX_KEY_ID_BYTES).contains(&kid.len()) => Ok(kid),
        _ => Err(InvalidToken::UnknownKey),
    }
}

/// Who calls, as the claims say it.
///
/// Anybody can read this from any claims; what proves that they were verified is
/// [`VerifiedToken`](crate::VerifiedToken).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    subject: String,
    client_id: String,
    scopes: Scopes,
    token_id: Option<String>,
    session: Option<String>,
}

impl Identity {
    /// Reads `sub`, `client_id` and `jti`, which must be there (every zone writes them, and a call is to be
    /// tied to all three in the audit trail), `scope` and `sid`.
    pub fn read(claims: &Members) -> Result<Self, InvalidToken> {
        let text = |name: &str| match claims.get(name) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text.clone())),
            Some(_) => Err(InvalidToken::Claims),
        };
        let required = |name: &str| text(name)?.filter(|text| !text.is_empty()).ok_or(InvalidToken::Claims);
        Ok(Self {
            subject: required("sub")?,
            client_id: required("client_id")?,
            scopes: Scopes::parse(&text("scope")?.unwrap_or_default()),
            token_id: Some(required("jti")?),
            session: text("sid")?,
        })
    }

    /// What any caller says of itself: the form in which the guard hands it to services that do not
    /// know the verifier's own type.
    pub fn of(caller: &impl Caller) -> Self {
        Self {
            subject: caller.subject().to_owned(),
            client_id: caller.client_id().to_owned(),
            scopes: caller.scopes().clone(),
            token_id: caller.token_id().map(str::to_owned),
            session: caller.session().map(str::to_owned),
        }
    }
}

impl Caller for Identity {
    fn subject(&self) -> &str {
        &self.subject
    }

    fn client_id(&self) -> &str {
        &self.client_id
    }

    fn scopes(&self) -> &Scopes {
        &self.scopes
    }

    fn token_id(&self) -> Option<&str> {
        self.token_id.as_deref()
    }

    fn session(&self) -> Option<&str> {
        self.session.as_deref()
    }
}
