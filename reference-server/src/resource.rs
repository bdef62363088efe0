//! Who we are: the resource identifier, and the protected resource metadata of RFC 9728.

use axum::{Router, body::Bytes, response::IntoResponse, routing::get};
use http::{
    HeaderName, HeaderValue, StatusCode,
    header::{
        ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
        ACCESS_CONTROL_MAX_AGE, CACHE_CONTROL, CONTENT_TYPE,
    },
};
use serde_json::{Value, json};
use url::Url;

use crate::{keys, masked::masked, scopes::Scopes};

const WELL_KNOWN: &str = "/.well-known/oauth-protected-resource";

/// A resource and the authorization server that protects it.
#[derive(Clone, Debug)]
pub struct ProtectedResource {
    identifier: String,
    metadata_path: String,
    metadata_url: String,
    authorization_servers: Vec<String>,
    scopes_supported: Scopes,
    name: String,
}

/// Why there can be no such resource. A user and a password in a URL are not repeated.
#[derive(Debug, thiserror::Error)]
pub enum ResourceError {
    /// Not an absolute http(s) URL.
    #[error("`{text}` is not an absolute http or https URL")]
    NotAbsolute {
        /// The text as given.
        text: String,
    },
    /// With a query, a fragment, credentials, or characters that no header can carry.
    #[error(
        "`{text}` cannot be a resource identifier: it may have a scheme, a host, a port and a path, and nothing else"
    )]
    Unsuitable {
        /// The text as given.
        text: String,
    },
    /// With a segment that a client takes out of the path before it asks, or that a route cannot hold.
    #[error("`{text}` cannot be a resource identifier: no part of its path may be `.` or `..` or begin with a colon")]
    Segment {
        /// The text as given.
        text: String,
    },
    /// The authorization server is not an issuer.
    #[error("`{text}` is no authorization server: an http or https URL without query and fragment was expected")]
    AuthorizationServer {
        /// The text as given.
        text: String,
    },
}

impl ProtectedResource {
    /// The resource `identifier`, protected by tokens of `authorization_server`.
    ///
    /// Both are kept letter by letter: clients and tokens repeat them exactly (RFC 9728 section 3.3,
    /// RFC 8414 section 3.3), so nothing is normalised and no final slash is added or taken away.
    pub fn new(identifier: &str, authorization_server: &str) -> Result<Self, ResourceError> {
        let not_absolute = || ResourceError::NotAbsolute { text: masked(identifier) };
        let url = Url::parse(identifier).map_err(|_| not_absolute())?;
        let (scheme, rest) = identifier.split_once("://").ok_or_else(not_absolute)?;
        if !matches!(url.scheme(), "http" | "https") || !url.has_host() {
            return Err(not_absolute());
        }
        // Visible ASCII without what would end a quoted string or open a route parameter.
        let plain = |byte: u8| byte.is_ascii_graphic() && !b"\"\\?#@{}*".contains(&byte);
        if !identifier.bytes().all(plain) {
            return Err(ResourceError::Unsuitable { text: masked(identifier) });
        }
        let (authority, path) = rest.find('/').map_or((rest, ""), |slash| rest.split_at(slash));
        if path.split('/').any(|segment| segment.starts_with(':') || is_dots(segment)) {
            return Err(ResourceError::Segment { text: identifier.to_owned() });
        }
        if keys::metadata_url(authorization_server).is_none() {
            return Err(ResourceError::AuthorizationServer { text: masked(authorization_server) });
        }
        let origin = format!("{scheme}://{authority}");
        Ok(Self::assemble(&origin, path, authorization_server))
    }

    /// From an origin and a path that are known to be suitable.
    pub(crate) fn assemble(origin: &str, path: &str, authorization_server: &str) -> Self {
        // RFC 9728 section 3.1: a slash directly after the host is dropped.
        let inserted = if path == "/" { "" } else { path };
        let metadata_path = format!("{WELL_KNOWN}{inserted}");
        Self {
            identifier: format!("{origin}{path}"),
            metadata_url: format!("{origin}{metadata_path}"),
            metadata_path,
            authorization_servers: vec![authorization_server.to_owned()],
            scopes_supported: Scopes::none(),
            name: "Protected resource".to_owned(),
        }
    }

    /// Lists the scopes that operations of this resource may need.
    #[must_use]
    pub fn with_scopes(self, scopes_supported: Scopes) -> Self {
        Self { scopes_supported, ..self }
    }

    /// Names the resource for people.
    #[must_use]
    pub fn with_name(self, name: &str) -> Self {
        Self { name: name.to_owned(), ..self }
    }

    /// The resource identifier, which a token must name as its audience.
    pub fn identifier(&self) -> &str {
        &self.identifier
    }

    /// Where the metadata is: what every challenge points to.
    pub fn metadata_url(&self) -> &str {
        &self.metadata_url
    }

    /// The metadata document.
    pub fn metadata(&self) -> Value {
        let mut document = json!({
            "resource": self.identifier,
            "authorization_servers": self.authorization_servers,
            "bearer_methods_supported": ["header"],
            "resource_name": self.name,
        });
        // RFC 9728 section 3.2: what has no value is left out.
        if !self.scopes_supported.is_empty() {
            document["scopes_supported"] = json!(self.scopes_supported);
        }
        document
    }

    /// Serves the metadata where RFC 9728 puts it, and at the root, where some clients look.
    pub fn router(&self) -> Router {
        let document = Bytes::from(self.metadata().to_string());
        let route = get(async move || (METADATA_HEADERS, document)).options(preflight);
        let router = Router::new().route(&self.metadata_path, route.clone());
        if self.metadata_path == WELL_KNOWN { router } else { router.route(WELL_KNOWN, route) }
    }
}

/// `.` or `..`, also where a dot is written `%2e`: the URL standard takes such segments out of a path.
fn is_dots(segment: &str) -> bool {
    matches!(segment.to_ascii_lowercase().replace("%2e", ".").as_str(), "." | "..")
}

const METADATA_HEADERS: [(HeaderName, HeaderValue); 3] = [
    (CONTENT_TYPE, HeaderValue::from_static("application/json")),
    (CACHE_CONTROL, HeaderValue::from_static("public, max-age=300")),
    (ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*")),
];

/// A client in a browser sends `MCP-Protocol-Version` along, for which browsers ask first.
async fn preflight() -> impl IntoResponse {
    let permission = [
        (ACCESS_CONTROL_ALLOW_ORIGIN, "*"),
        (ACCESS_CONTROL_ALLOW_METHODS, "GET, HEAD"),
        (ACCESS_CONTROL_ALLOW_HEADERS, "accept, mcp-protocol-version"),
        (ACCESS_CONTROL_MAX_AGE, "300"),
    ];
    (StatusCode::NO_CONTENT, permission)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const ZONE: &str = "http://localhost:9400";

    #[test]
    fn the_well_known_string_goes_between_host_and_path() {
        for (identifier, url) in [
            ("https://h/mcp", "https://h/.well-known/oauth-protected-resource/mcp"),
            ("https://H:8443/a/b", "https://H:8443/.well-known/oauth-protected-resource/a/b"),
            ("https://h/", "https://h/.well-known/oauth-protected-resource"),
            ("https://h", "https://h/.well-known/oauth-protected-resource"),
            ("http://[::1]:80/mcp", "http://[::1]:80/.well-known/oauth-protected-resource/mcp"),
        ] {
            let resource = ProtectedResource::new(identifier, ZONE).unwrap();
            assert_eq!(resource.metadata_url(), url);
            assert_eq!(resource.metadata()["resource"], identifier);
        }
    }

    #[test]
    fn what_cannot_identify_a_resource_is_refused() {
        for identifier in [
            "mcp",
            "/mcp",
            "ftp://h/mcp",
            "https://h/mcp?a=b",
            "https://h/mcp#a",
            "https://u@h/mcp",
            "https://h/\"",
            "https://h/{a}",
            "https://h/a b",
            "https:h",
        ] {
            assert!(ProtectedResource::new(identifier, ZONE).is_err(), "{identifier}");
        }
    }

    #[test]
    fn a_path_that_clients_or_routes_read_otherwise_is_refused() {
        for identifier in [
            "https://h/:tenant",
            "https://h/a/:tenant/b",
            "https://h/.",
            "https://h/a/../mcp",
            "https://h/a/%2e%2E",
            "https://h/.%2e/mcp",
        ] {
            let refused = ProtectedResource::new(identifier, ZONE);
            assert!(matches!(refused, Err(ResourceError::Segment { .. })), "{identifier}");
        }
        for identifier in ["https://h/a:b", "https://h/.well", "https://h/...", "https://h/%2e%2e%2e", "https://h//a/"]
        {
            let resource = ProtectedResource::new(identifier, ZONE).unwrap();
            let _serves = resource.router();
        }
    }

    #[test]
    fn an_authorization_server_that_is_no_issuer_is_refused() {
        for zone in ["", "zone.example", "ftp://zone.example", "https://zone.example?a", "https://u:p@zone.example"] {
            let refused = ProtectedResource::new("https://h/mcp", zone);
            assert!(matches!(refused, Err(ResourceError::AuthorizationServer { .. })), "{zone}");
        }
    }

    #[test]
    fn an_error_repeats_no_password() {
        for (identifier, zone) in
            [("https://u:hidden@h/mcp", ZONE), ("u:hidden@h", ZONE), ("https://h/mcp", "https://u:hidden@zone.example")]
        {
            let error = ProtectedResource::new(identifier, zone).unwrap_err();
            assert!(!format!("{error} {error:?}").contains("hidden"), "{error}");
        }
    }

    proptest! {
        #[test]
        fn a_resource_that_is_accepted_can_be_served(path in "(/[a-z.:%2e*{}~-]{0,4}){0,4}") {
            if let Ok(resource) = ProtectedResource::new(&format!("https://h{path}"), ZONE) {
                let _serves = resource.router();
            }
        }
    }

    #[test]
    fn the_authorization_server_is_listed_exactly_as_configured() {
        let slash = ProtectedResource::new("http://h/mcp", "http://localhost:9400/").unwrap();
        assert_eq!(slash.metadata()["authorization_servers"], json!(["http://localhost:9400/"]));
        let none = ProtectedResource::new("http://h/mcp", ZONE).unwrap();
        assert_eq!(none.metadata()["authorization_servers"], json!([ZONE]));
    }

    #[test]
    fn scopes_are_left_out_when_there_are_none() {
        let resource = ProtectedResource::new("http://h/mcp", ZONE).unwrap();
        assert!(resource.metadata().get("scopes_supported").is_none());
        let scoped = resource.with_scopes(Scopes::parse("a b"));
        assert_eq!(scoped.metadata()["scopes_supported"], json!(["a", "b"]));
    }
}
