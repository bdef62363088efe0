//! How a client proves who it is at the token endpoint.

use std::borrow::Cow;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use url::form_urlencoded;

use super::Zone;
use super::directory::{Authentication, Client, Methods};
use super::parameters::{Parameters, Repeated};

/// Why a client is not who it says. No text repeats what was sent: it may be a secret in the wrong place.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ClientError {
    #[error(transparent)]
    Repeated(#[from] Repeated),
    #[error("the Authorization header must be Basic with base64 of client_id:client_secret")]
    MalformedBasic,
    #[error("the client authenticated in two ways; it must use one (RFC 6749 section 2.3)")]
    TwoWays,
    #[error("client_id in the form differs from the one in the Authorization header")]
    TwoClients,
    #[error("client_id is required, in the form or in an Authorization header")]
    Missing,
    #[error("client_assertion is not supported by this zone; it takes {0}")]
    Assertion(&'static str),
    #[error("no client is registered under this client_id; the zone forgets clients when it restarts: register again")]
    Unknown,
    #[error("this client has a secret and must send it")]
    SecretMissing(Arc<Client>),
    #[error("the client secret is wrong")]
    WrongSecret(Arc<Client>),
    #[error("this client registered token_endpoint_auth_method {registered}; it must send its secret that way")]
    OtherWay { client: Arc<Client>, registered: &'static str },
    #[error("this client registered as public (none) and has no secret, but sent one")]
    NoSecretExpected(Arc<Client>),
}

impl ClientError {
    /// The client that it was about, where that is known.
    pub(super) fn client(&self) -> Option<&Arc<Client>> {
        match self {
            Self::SecretMissing(client)
            | Self::WrongSecret(client)
            | Self::OtherWay { client, .. }
            | Self::NoSecretExpected(client) => Some(client),
            _ => None,
        }
    }

    pub(super) fn oauth_code(&self) -> &'static str {
        match self {
            Self::Repeated(_) | Self::TwoWays | Self::TwoClients => "invalid_request",
            _ => "invalid_client",
        }
    }
}

/// How a secret arrived.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Way {
    Basic,
    Post,
}

impl Zone {
    /// The client behind a token request.
    pub(super) fn authenticate(
        &self,
        authorization: Option<&str>,
        parameters: &Parameters<'_>,
    ) -> Result<Arc<Client>, ClientError> {
        let posted_id = parameters.single("client_id")?;
        let posted_secret = parameters.single("client_secret")?;
        if parameters.all("client_assertion").next().is_some() {
            return Err(ClientError::Assertion(
                "client_secret_basic, client_secret_post and, for public clients, none",
            ));
        }
        let Some(authorization) = authorization else {
            let client = self.known(posted_id.ok_or(ClientError::Missing)?)?;
            return check(client, posted_secret.map(|secret| (Way::Post, secret)));
        };
        if posted_secret.is_some() {
            return Err(ClientError::TwoWays);
        }
        let basic = decode_basic(authorization).ok_or(ClientError::MalformedBasic)?;
        let (client, secret) = readings(&basic)
            .into_iter()
            .find_map(|(id, secret)| Some((self.known(&id).ok()?, secret)))
            .ok_or(ClientError::Unknown)?;
        if posted_id.is_some_and(|id| id != client.id) {
            return Err(ClientError::TwoClients);
        }
        // A public client that sends its id with an empty password sends no secret.
        let secret = (!secret.is_empty()).then_some((Way::Basic, secret.as_ref()));
        check(client, secret)
    }

    fn known(&self, id: &str) -> Result<Arc<Client>, ClientError> {
        self.with_directory(|directory| directory.client(id)).ok_or(ClientError::Unknown)
    }
}

fn decode_basic(authorization: &str) -> Option<String> {
    let (scheme, encoded) = authorization.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    String::from_utf8(BASE64.decode(encoded.trim()).ok()?).ok()
}

/// The ways in which the text of a Basic header can be read.
///
/// RFC 6749 section 2.3.1 has both halves form-encoded first, which Keycard's SDKs do not do: so the raw text counts,
/// split at the first colon, and the decoded text only where no client has the raw id. The ids of registered clients
/// hold a colon themselves (`ua:` and a hash), which raw text leaves ambiguous.
fn readings(basic: &str) -> Vec<(Cow<'_, str>, Cow<'_, str>)> {
    let mut readings = Vec::new();
    let mut add = |id: &str, secret: &str| {
        readings.push((id.to_owned().into(), secret.to_owned().into()));
        readings.push((decoded(id), decoded(secret)));
    };
    if let Some((id, secret)) = basic.split_once(':') {
        add(id, secret);
    }
    if let Some(rest) = basic.strip_prefix("ua:")
        && let Some((hash, secret)) = rest.split_once(':')
    {
        add(&basic[.."ua:".len() + hash.len()], secret);
    }
    readings
}

fn decoded(text: &str) -> Cow<'static, str> {
    // A form of one name without a value decodes to that name; a literal & or = would not.
    let escaped = text.replace('&', "%26").replace('=', "%3D");
    form_urlencoded::parse(escaped.as_bytes()).next().map(|(name, _)| name.into_owned()).unwrap_or_default().into()
}

fn check(client: Arc<Client>, sent: Option<(Way, &str)>) -> Result<Arc<Client>, ClientError> {
    match (&client.authentication, sent) {
        (Authentication::None, None) => Ok(client),
        (Authentication::None, Some(_)) => Err(ClientError::NoSecretExpected(client)),
        (Authentication::Secret { .. }, None) => Err(ClientError::SecretMissing(client)),
        (Authentication::Secret { secret, methods }, Some((way, sent))) => {
            let registered = match (methods, way) {
                (Methods::Basic, Way::Post) => Some("client_secret_basic"),
                (Methods::Post, Way::Basic) => Some("client_secret_post"),
                _ => None,
            };
            if !secret.matches(sent) {
                return Err(ClientError::WrongSecret(client));
            }
            match registered {
                Some(registered) => Err(ClientError::OtherWay { client, registered }),
                None => Ok(client),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(basic: &str) -> Vec<(String, String)> {
        readings(basic).into_iter().map(|(id, secret)| (id.into_owned(), secret.into_owned())).collect()
    }

    fn pair(id: &str, secret: &str) -> (String, String) {
        (id.to_owned(), secret.to_owned())
    }

    #[test]
    fn a_secret_goes_raw_and_may_hold_colons_and_percent_signs() {
        assert_eq!(texts("id:s3cr:et/+%41")[0], pair("id", "s3cr:et/+%41"));
    }

    #[test]
    fn an_encoded_id_and_a_registered_one_are_found_too() {
        assert!(texts("ua%3Aff:a%2Bb").contains(&pair("ua:ff", "a+b")));
        assert!(texts("ua:ff:secret").contains(&pair("ua:ff", "secret")));
        assert!(texts("nothing").is_empty());
    }
}
