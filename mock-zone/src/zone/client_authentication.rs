//! How a client proves who it is at the token endpoint.

use std::borrow::Cow;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use url::form_urlencoded;

use super::Zone;
use super::assertion::{Asserted, AssertionError, JWT_BEARER, Unproven};
use super::client_metadata::MetadataError;
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
    #[error("client_id in the form differs from the one in the Authorization header or the client_assertion")]
    TwoClients,
    #[error("client_id is required, in the form, in an Authorization header or in a client_assertion")]
    Missing,
    #[error("the client_assertion proves nothing: {because}")]
    Assertion { client: Option<Arc<Client>>, because: AssertionError },
    #[error("this client registered private_key_jwt and must send a client_assertion")]
    AssertionMissing(Arc<Client>),
    #[error(transparent)]
    Metadata(#[from] MetadataError),
    #[error("no client is registered under this client_id; the zone forgets clients when it restarts: register again")]
    Unknown,
    #[error("this client has a secret and must send it")]
    SecretMissing(Arc<Client>),
    #[error("the client secret is wrong")]
    WrongSecret(Arc<Client>),
    #[error("this client registered token_endpoint_auth_method {registered}; it must authenticate that way")]
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
            | Self::AssertionMissing(client)
            | Self::Assertion { client: Some(client), .. }
            | Self::NoSecretExpected(client) => Some(client),
            _ => None,
        }
    }

    /// What the sender is told. Any web page may send a request and read the answer, and must not learn by it what runs
    /// on this machine: what came of a fetch stands in the event and the log.
    pub(crate) fn told(&self) -> String {
        match self {
            Self::Metadata(error) if error.is_of_the_document() => {
                "the client_id is a URL that leads to no usable metadata document; the zone's log says why".to_owned()
            }
            Self::Assertion { because: AssertionError::Keys(_), .. } => {
                "the client_assertion proves nothing: the keys to verify it with cannot be had; the zone's log says why"
                    .to_owned()
            }
            other => other.to_string(),
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
    pub(super) async fn authenticate(
        &self,
        authorization: Option<&str>,
        parameters: &Parameters<'_>,
    ) -> Result<Arc<Client>, ClientError> {
        let posted_id = parameters.single("client_id")?;
        let posted_secret = parameters.single("client_secret")?;
        let unknown = |because| ClientError::Assertion { client: None, because };
        match (parameters.single("client_assertion")?, parameters.single("client_assertion_type")?) {
            (None, None) => {}
            (None, Some(_)) => return Err(unknown(AssertionError::Missing)),
            (Some(_), _) if authorization.is_some() || posted_secret.is_some() => return Err(ClientError::TwoWays),
            (Some(assertion), Some(JWT_BEARER)) => return self.prove(assertion, posted_id).await,
            (Some(_), _) => return Err(unknown(AssertionError::Type)),
        }
        let Some(authorization) = authorization else {
            let client = self.known(posted_id.ok_or(ClientError::Missing)?).await?;
            return check(client, posted_secret.map(|secret| (Way::Post, secret)));
        };
        if posted_secret.is_some() {
            return Err(ClientError::TwoWays);
        }
        let basic = decode_basic(authorization).ok_or(ClientError::MalformedBasic)?;
        let mut found = Err(ClientError::Unknown);
        for (id, secret) in readings(&basic) {
            match self.known(&id).await {
                // An id may read the same both ways; then the secret tells which one was meant.
                Ok(client) if client.authentication.has_secret(&secret) => {
                    found = Ok((client, secret));
                    break;
                }
                Err(ClientError::Unknown) => {}
                // Where no reading holds the right secret, the first that names a client says what is wrong.
                known if found.is_err() => found = known.map(|client| (client, secret)),
                _ => {}
            }
        }
        let (client, secret) = found?;
        if posted_id.is_some_and(|id| id != client.id) {
            return Err(ClientError::TwoClients);
        }
        // A public client that sends its id with an empty password sends no secret.
        let secret = (!secret.is_empty()).then_some((Way::Basic, secret.as_ref()));
        check(client, secret)
    }

    /// The client that this assertion proves to ask.
    async fn prove(&self, assertion: &str, posted_id: Option<&str>) -> Result<Arc<Client>, ClientError> {
        let refused = |because| ClientError::Assertion { client: None, because };
        let assertion = Unproven::read(assertion).map_err(refused)?;
        let (client, is_workload) = match self.asserted(&assertion).map_err(refused)? {
            Asserted::Client(id) => (self.known(&id).await?, false),
            Asserted::Workload(client) => (client, true),
        };
        if posted_id.is_some_and(|id| id != client.id) {
            return Err(ClientError::TwoClients);
        }
        match &client.workload {
            Some(workload) if is_workload => self.prove_workload(workload, &assertion).await,
            _ => self.prove_client(&client, &assertion).await,
        }
        .map_err(|because| {
            if let AssertionError::Keys(error) = &because {
                tracing::info!(client_id = client.id, %error, "no keys to verify an assertion with");
            }
            ClientError::Assertion { client: Some(Arc::clone(&client)), because }
        })?;
        Ok(client)
    }

    async fn known(&self, id: &str) -> Result<Arc<Client>, ClientError> {
        self.learn_client(id).await?;
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
/// split at the first colon, and the decoded text only where no client has the raw id and secret. The ids of registered
/// clients hold a colon themselves (`ua:` and a hash), which raw text leaves ambiguous.
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
        (Authentication::PrivateKey, None) => Err(ClientError::AssertionMissing(client)),
        (Authentication::PrivateKey, Some(_)) => Err(ClientError::OtherWay { client, registered: "private_key_jwt" }),
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
