//! What a server is made of: its zone, its public origin, and what it accepts.

use std::fmt;

use url::{Host, Url};

use crate::{
    keys,
    masked::masked,
    resource::ProtectedResource,
    rules::{Algorithm, TokenTypes},
};

/// The path of the MCP endpoint: the resource is the public origin plus this.
pub const MCP_PATH: &str = "/mcp";

/// The port that the guide's server listens on.
pub const DEFAULT_PORT: u16 = 8080;

/// All that can be set. [`Config::new`] gives the guide's server for a zone.
#[derive(Clone, Debug)]
pub struct Config {
    zone_url: String,
    /// Where clients reach the server; none means where it listens.
    pub public_origin: Option<PublicOrigin>,
    /// Where it listens; 0 means any free port.
    pub port: u16,
    /// The name for people, in the metadata.
    pub resource_name: String,
    /// The server's own credentials at the zone, for the exchange of its callers' tokens.
    pub credentials: Option<ClientCredentials>,
    /// The API that a tool calls on its callers' behalf. Without credentials there is no such tool.
    pub upstream: Option<UpstreamUrl>,
    /// The signature algorithms that are accepted.
    pub algorithms: Vec<Algorithm>,
    /// The types of token that are accepted.
    pub token_types: TokenTypes,
    /// The pages whose scripts may call; a request with another `Origin` gets 403.
    pub allowed_origins: Vec<WebOrigin>,
}

/// What is wrong with a setting. A user and a password in a URL are not repeated.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The zone's URL.
    #[error(
        "the zone URL `{given}` is not an http or https URL without query and fragment, such as https://<zone-id>.keycard.cloud"
    )]
    ZoneUrl {
        /// As given.
        given: String,
    },
    /// The zone's id.
    #[error("the zone id `{given}` has characters that no host name has; it is the part before .keycard.cloud")]
    ZoneId {
        /// As given.
        given: String,
    },
    /// The public origin.
    #[error(
        "`{given}` is not an origin such as http://localhost:8080: give scheme, host and port without a path, the server adds {MCP_PATH}"
    )]
    PublicOrigin {
        /// As given.
        given: String,
    },
    /// The API behind the server.
    #[error(
        "the upstream URL `{given}` is not an http or https URL without fragment, such as https://api.example.com/"
    )]
    Upstream {
        /// As given.
        given: String,
    },
    /// An origin whose pages may call.
    #[error(
        "`{given}` is not the origin of a page, such as https://app.example.com: give scheme, host and port without a path"
    )]
    AllowedOrigin {
        /// As given.
        given: String,
    },
}

impl Config {
    /// The guide's server for the zone whose issuer is `zone_url`, letter by letter.
    pub fn new(zone_url: &str) -> Result<Self, ConfigError> {
        if keys::metadata_url(zone_url).is_none() {
            return Err(ConfigError::ZoneUrl { given: masked(zone_url) });
        }
        Ok(Self {
            zone_url: zone_url.to_owned(),
            public_origin: None,
            port: DEFAULT_PORT,
            resource_name: "Hello World MCP Server".to_owned(),
            credentials: None,
            upstream: None,
            algorithms: vec![Algorithm::Rs256],
            token_types: TokenTypes::default(),
            allowed_origins: Vec::new(),
        })
    }

    /// The guide's server for the zone of this id.
    pub fn for_zone_id(zone_id: &str) -> Result<Self, ConfigError> {
        let label = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
        if zone_id.is_empty() || !zone_id.bytes().all(label) {
            return Err(ConfigError::ZoneId { given: masked(zone_id) });
        }
        Self::new(&format!("https://{zone_id}.keycard.cloud"))
    }

    /// With this public origin.
    pub fn with_public_origin(self, origin: &str) -> Result<Self, ConfigError> {
        Ok(Self { public_origin: Some(PublicOrigin::parse(origin)?), ..self })
    }

    /// With this one among the origins whose pages may call.
    pub fn with_allowed_origin(mut self, origin: &str) -> Result<Self, ConfigError> {
        self.allowed_origins.push(WebOrigin::parse(origin)?);
        Ok(self)
    }

    /// With this API for a tool that calls one.
    pub fn with_upstream(self, url: &str) -> Result<Self, ConfigError> {
        Ok(Self { upstream: Some(UpstreamUrl::parse(url)?), ..self })
    }

    /// The zone's issuer.
    pub fn zone_url(&self) -> &str {
        &self.zone_url
    }

    /// Whether the zone's keys come in the clear: who can change them on their way can sign any token.
    pub fn is_zone_exposed(&self) -> bool {
        Url::parse(&self.zone_url).is_ok_and(|url| is_exposed(&url))
    }

    /// The public origin, or the guide's for the port.
    pub fn origin(&self) -> PublicOrigin {
        self.public_origin.clone().unwrap_or_else(|| PublicOrigin {
            text: format!("http://localhost:{}", self.port),
            host: "localhost".to_owned(),
            is_exposed: false,
        })
    }

    /// The MCP endpoint as a protected resource.
    pub fn resource(&self) -> ProtectedResource {
        ProtectedResource::assemble(self.origin().as_str(), MCP_PATH, &self.zone_url).with_name(&self.resource_name)
    }

    /// The names under which the server answers; any other one may be a rebound DNS name.
    pub fn allowed_hosts(&self) -> Vec<String> {
        let loopback = ["localhost", "127.0.0.1", "::1"].map(str::to_owned);
        loopback.into_iter().chain([self.origin().host]).collect()
    }
}

/// Scheme, host and port, kept letter by letter: the resource identifier begins with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicOrigin {
    text: String,
    host: String,
    is_exposed: bool,
}

impl PublicOrigin {
    /// Reads an origin; one final slash is forgiven and dropped.
    pub fn parse(given: &str) -> Result<Self, ConfigError> {
        let wrong = || ConfigError::PublicOrigin { given: masked(given) };
        let text = given.strip_suffix('/').unwrap_or(given);
        let url = Url::parse(text).map_err(|_| wrong())?;
        let (_, authority) = text.split_once("://").ok_or_else(wrong)?;
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._:[]".contains(&byte);
        if !matches!(url.scheme(), "http" | "https") || authority.is_empty() || !authority.bytes().all(plain) {
            return Err(wrong());
        }
        let host = url.host().ok_or_else(wrong)?;
        Ok(Self {
            text: text.to_owned(),
            is_exposed: is_exposed(&url),
            host: match host {
                Host::Ipv6(address) => address.to_string(),
                other => other.to_string(),
            },
        })
    }

    /// As given, without a final slash.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether tokens travel to it in the clear (RFC 9728 section 7.1).
    pub fn is_exposed(&self) -> bool {
        self.is_exposed
    }
}

/// Whether what travels to this URL leaves the machine in the clear.
fn is_exposed(url: &Url) -> bool {
    let is_loopback = match url.host() {
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    };
    url.scheme() != "https" && !is_loopback
}

/// The origin of a page, spelt as browsers spell it: in small letters and without the scheme's own port
/// (RFC 6454 section 6.2).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WebOrigin {
    text: String,
    with_port: String,
}

impl WebOrigin {
    /// Reads an origin in any spelling.
    pub fn parse(given: &str) -> Result<Self, ConfigError> {
        let wrong = || ConfigError::AllowedOrigin { given: masked(given) };
        let origin = PublicOrigin::parse(given).map_err(|_| wrong())?;
        let url = Url::parse(origin.as_str()).map_err(|_| wrong())?;
        let (host, port) = url.host().zip(url.port_or_known_default()).ok_or_else(wrong)?;
        Ok(Self { text: url.origin().ascii_serialization(), with_port: format!("{}://{host}:{port}", url.scheme()) })
    }

    /// What a browser sends in `Origin`.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// With its port in any case, for where an origin without one would stand for every port.
    pub(crate) fn with_port(&self) -> &str {
        &self.with_port
    }
}

/// The URL of an API, kept letter by letter: it is a resource identifier of the zone too.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UpstreamUrl {
    text: String,
    url: Url,
}

impl UpstreamUrl {
    /// Reads a URL.
    pub fn parse(given: &str) -> Result<Self, ConfigError> {
        let is_plain = |url: &Url| {
            matches!(url.scheme(), "http" | "https")
                && url.has_host()
                && url.fragment().is_none()
                && url.username().is_empty()
                && url.password().is_none()
        };
        match Url::parse(given) {
            Ok(url) if is_plain(&url) => Ok(Self { text: given.to_owned(), url }),
            _ => Err(ConfigError::Upstream { given: masked(given) }),
        }
    }

    /// As given.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// As it is asked.
    pub(crate) fn url(&self) -> &Url {
        &self.url
    }

    /// Whether the tokens for it travel in the clear.
    pub fn is_exposed(&self) -> bool {
        is_exposed(&self.url)
    }
}

/// A client id and its secret, which no output shows.
#[derive(Clone)]
pub struct ClientCredentials {
    /// The id.
    pub client_id: String,
    secret: String,
}

impl ClientCredentials {
    /// Both together.
    pub fn new(client_id: String, secret: String) -> Self {
        Self { client_id, secret }
    }

    /// The secret, for the zone alone.
    pub fn secret(&self) -> &str {
        &self.secret
    }
}

impl fmt::Debug for ClientCredentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientCredentials").field("client_id", &self.client_id).field("secret", &"[masked]").finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ZONE: &str = "http://localhost:9400";

    #[test]
    fn the_guides_server_is_at_port_8080_of_localhost() {
        let config = Config::new(ZONE).unwrap();
        assert_eq!(config.resource().identifier(), "http://localhost:8080/mcp");
        assert_eq!(config.allowed_hosts(), ["localhost", "127.0.0.1", "::1", "localhost"]);
    }

    #[test]
    fn a_zone_id_becomes_the_zones_url() {
        assert_eq!(Config::for_zone_id("abc123").unwrap().zone_url(), "https://abc123.keycard.cloud");
        for id in ["", "<your-zone-id>", "a.b", "a/b"] {
            assert!(Config::for_zone_id(id).is_err(), "{id}");
        }
    }

    #[test]
    fn the_origin_keeps_its_spelling_but_for_a_final_slash() {
        for (given, resource) in [
            ("https://Mcp.Example.com", "https://Mcp.Example.com/mcp"),
            ("https://mcp.example.com:443/", "https://mcp.example.com:443/mcp"),
            ("http://[::1]:8000", "http://[::1]:8000/mcp"),
        ] {
            let config = Config::new(ZONE).unwrap().with_public_origin(given).unwrap();
            assert_eq!(config.resource().identifier(), resource);
        }
    }

    #[test]
    fn what_is_no_origin_is_refused() {
        for given in
            ["", "localhost:8080", "ftp://h", "http://h/mcp", "http://h//", "http://u@h", "http://h?a", "http://h#a"]
        {
            assert!(PublicOrigin::parse(given).is_err(), "{given}");
        }
    }

    #[test]
    fn a_public_origin_without_tls_is_exposed() {
        for (given, exposed) in [
            ("http://mcp.example.com", true),
            ("http://192.168.0.7:8080", true),
            ("https://mcp.example.com", false),
            ("http://localhost:8080", false),
            ("http://a.localhost", false),
            ("http://127.0.0.2", false),
            ("http://[::1]:8080", false),
        ] {
            assert_eq!(PublicOrigin::parse(given).unwrap().is_exposed(), exposed, "{given}");
            assert_eq!(Config::new(given).unwrap().is_zone_exposed(), exposed, "{given}");
        }
    }

    #[test]
    fn the_origin_of_a_page_is_spelt_as_browsers_spell_it() {
        for (given, text, with_port) in [
            ("https://App.Example.com", "https://app.example.com", "https://app.example.com:443"),
            ("https://app.example.com:443/", "https://app.example.com", "https://app.example.com:443"),
            ("http://localhost:6274", "http://localhost:6274", "http://localhost:6274"),
            ("http://[::1]", "http://[::1]", "http://[::1]:80"),
        ] {
            let origin = WebOrigin::parse(given).unwrap();
            assert_eq!((origin.as_str(), origin.with_port()), (text, with_port));
        }
    }

    #[test]
    fn what_no_page_has_for_its_origin_is_refused() {
        for given in
            ["", "*", "null", "app.example.com", "https://*.example.com", "https://h:*", "https://h/app", "https://u@h"]
        {
            let refused = Config::new(ZONE).unwrap().with_allowed_origin(given);
            assert!(matches!(refused, Err(ConfigError::AllowedOrigin { .. })), "{given}");
        }
    }

    #[test]
    fn an_error_repeats_no_password() {
        let given = "https://u:hidden@zone.example";
        for error in [
            Config::new(given).unwrap_err(),
            Config::for_zone_id(given).unwrap_err(),
            Config::new(ZONE).unwrap().with_public_origin(given).unwrap_err(),
        ] {
            assert!(!format!("{error} {error:?}").contains("hidden"), "{error}");
        }
    }

    #[test]
    fn what_is_no_api_is_refused() {
        for given in ["", "localhost:9500", "ftp://h", "http://u@h/", "http://h/#a"] {
            let refused = Config::new(ZONE).unwrap().with_upstream(given);
            assert!(matches!(refused, Err(ConfigError::Upstream { .. })), "{given}");
        }
        let config = Config::new(ZONE).unwrap().with_upstream("http://API.example.com").unwrap();
        assert_eq!(config.upstream.unwrap().as_str(), "http://API.example.com");
    }

    #[test]
    fn a_secret_is_not_shown() {
        let mut config = Config::new(ZONE).unwrap();
        config.credentials = Some(ClientCredentials::new("id".to_owned(), "hidden".to_owned()));
        assert!(!format!("{config:?}").contains("hidden"));
    }
}
