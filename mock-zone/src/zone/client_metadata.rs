//! Clients whose `client_id` is the URL of a document that says what they are
//! (draft-ietf-oauth-client-id-metadata-document; MCP 2025-11-25, Authorization).
//!
//! Known of the real zone: the grammar of the allow-list. Our choice: that all are allowed unless told otherwise, that
//! `client_name` is required (as MCP has it), and `none` where `token_endpoint_auth_method` is left out.

use std::sync::Arc;

use serde_json::{Map, Value};
use url::{Host, Url};

use super::Zone;
use super::directory::{Authentication, Client, Standing};
use super::parameters::Parameters;
use super::register::{Metadata, RegistrationError};
use crate::config::Cimd;
use crate::fetch::FetchError;

/// Why a document makes no client. No text repeats anything of it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum MetadataError {
    #[error("the configuration of this zone allows no client metadata document at this client_id")]
    NotAllowed,
    #[error("a client_id that is a URL must have a path, such as /client.json")]
    NoPath,
    #[error("a client_id that is a URL must not have a fragment")]
    Fragment,
    #[error(
        "a client_id that is a URL must be written as URL parsers write it: no dot segments, the host in lower case, no \
         default port"
    )]
    NotNormal,
    #[error("the metadata document at the client_id cannot be read: {0}")]
    Fetch(#[from] FetchError),
    #[error("the metadata document at the client_id is for another client: its client_id must be its own URL exactly")]
    OtherClient,
    #[error("the metadata document at the client_id must have {0}")]
    Missing(&'static str),
    #[error("the metadata document at the client_id holds a client secret: anyone can read it")]
    Secret,
    #[error(
        "the metadata document at the client_id must have none or private_key_jwt for token_endpoint_auth_method: there is \
         no secret between that client and this zone"
    )]
    Method,
    #[error("the metadata document at the client_id is refused: {0}")]
    Metadata(#[from] RegistrationError),
}

impl MetadataError {
    /// Whether it tells of what was, or was not, at the URL.
    pub(super) fn is_of_the_document(&self) -> bool {
        let is_of_the_text = matches!(
            self,
            Self::NotAllowed
                | Self::NoPath
                | Self::Fragment
                | Self::NotNormal
                | Self::Fetch(FetchError::NotAUrl | FetchError::UserInfo | FetchError::Scheme)
        );
        !is_of_the_text
    }
}

/// Whether a `client_id` is a URL, and so may lead to a document.
fn is_url(client_id: &str) -> bool {
    client_id.starts_with("https://") || client_id.starts_with("http://")
}

impl Zone {
    /// Learns the client of a request, where its `client_id` is the URL of a document.
    pub(crate) async fn learn(&self, parameters: &Parameters<'_>) -> Result<(), MetadataError> {
        match parameters.single("client_id") {
            Ok(Some(client_id)) => self.learn_client(client_id).await,
            // Whoever reads the request says what is wrong with it.
            _ => Ok(()),
        }
    }

    /// Sees to it that the directory has the client with this id as its document is now, or has none.
    pub(super) async fn learn_client(&self, client_id: &str) -> Result<(), MetadataError> {
        let cimd = &self.config.cimd;
        if !cimd.enabled || !is_url(client_id) || self.with_directory(|directory| directory.is_vouched_for(client_id)) {
            return Ok(());
        }
        let learned = self.read_client(client_id, cimd).await;
        self.with_directory(|directory| match &learned {
            Ok(client) => directory.learn(Arc::clone(client)),
            Err(_) => directory.unlearn(client_id),
        });
        match learned {
            Ok(_) => Ok(()),
            Err(error) => {
                tracing::info!(%error, "a client_id that is a URL led to no client");
                Err(error)
            }
        }
    }

    async fn read_client(&self, client_id: &str, cimd: &Cimd) -> Result<Arc<Client>, MetadataError> {
        let url = self.fetcher.check(client_id)?;
        check_url(client_id, &url)?;
        if !cimd.allowed_client_ids.iter().any(|entry| admits(entry, &url)) {
            return Err(MetadataError::NotAllowed);
        }
        self.document(client_id, |members| self.read_metadata(client_id, members), |_| true).await
    }

    fn read_metadata(&self, client_id: &str, members: &Map<String, Value>) -> Result<Arc<Client>, MetadataError> {
        if members.get("client_id").is_none_or(|id| id != client_id) {
            return Err(MetadataError::OtherClient);
        }
        if members.contains_key("client_secret") || members.contains_key("client_secret_expires_at") {
            return Err(MetadataError::Secret);
        }
        let method = members.get("token_endpoint_auth_method").filter(|method| !method.is_null());
        if method.is_some_and(|method| method != "none" && method != "private_key_jwt") {
            return Err(MetadataError::Method);
        }
        let metadata = Metadata::read(members, "none", &self.fetcher)?;
        if metadata.redirect_uris.is_empty() {
            return Err(MetadataError::Missing("redirect_uris"));
        }
        Ok(Arc::new(Client {
            id: client_id.to_owned(),
            name: metadata.name.ok_or(MetadataError::Missing("a client_name"))?,
            redirect_uris: metadata.redirect_uris,
            authentication: match metadata.keys {
                None => Authentication::None,
                Some(_) => Authentication::PrivateKey,
            },
            grants: metadata.grants,
            keys: metadata.keys,
            workload: None,
            standing: Standing::UserAgent,
        }))
    }
}

/// What the draft demands of the URL (section 3), beyond what is demanded of all that are fetched.
fn check_url(text: &str, url: &Url) -> Result<(), MetadataError> {
    let after_scheme = text.split_once("://").map_or("", |(_, rest)| rest);
    if url.fragment().is_some() {
        return Err(MetadataError::Fragment);
    }
    if !after_scheme.contains('/') {
        return Err(MetadataError::NoPath);
    }
    // The parser resolves dot segments, encoded ones too. Clients are told apart byte for byte, so there must be one way
    // to write each.
    if url.as_str() == text { Ok(()) } else { Err(MetadataError::NotNormal) }
}

/// Whether an entry of the allow-list admits the client at `url`.
fn admits(entry: &str, url: &Url) -> bool {
    if entry == "_" || entry == url.as_str() {
        return true;
    }
    let (Some((before, after)), Some(Host::Domain(_))) = (entry.split_once('_'), url.host()) else {
        return false;
    };
    let origin = url.origin().ascii_serialization();
    let label = origin.strip_prefix(before).and_then(|rest| rest.strip_suffix(after));
    label.is_some_and(|label| !label.is_empty() && !label.contains(['.', ':', '/']))
}

/// Whether `entry` can admit anyone.
pub(super) fn is_entry(entry: &str) -> bool {
    let is_exact = Url::parse(entry).is_ok_and(|url| check_url(entry, &url).is_ok());
    let is_wildcard = entry.split_once('_').is_some_and(|(before, after)| {
        let is_one_label = (before.ends_with("://") || before.ends_with('.')) && after.starts_with('.');
        let example = format!("{before}a{after}");
        let is_origin = Url::parse(&example).is_ok_and(|url| url.origin().ascii_serialization() == example);
        is_one_label && is_origin && !after.contains('_')
    });
    entry == "_" || (is_url(entry) && (is_exact || is_wildcard))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn admitted(entry: &str, url: &str) -> bool {
        admits(entry, &Url::parse(url).unwrap())
    }

    #[test]
    fn an_entry_is_all_or_one_label_or_one_url() {
        for (entry, url) in [
            ("_", "https://anything.example/client.json"),
            ("https://a.example/client.json", "https://a.example/client.json"),
            ("https://a.example/my_client.json", "https://a.example/my_client.json"),
            ("https://_.example.com", "https://app.example.com/client.json"),
            ("https://_.example.com:8443", "https://app.example.com:8443/x"),
            ("https://app._.example.com", "https://app.eu.example.com/x"),
        ] {
            assert!(is_entry(entry), "{entry}");
            assert!(admitted(entry, url), "{entry} {url}");
        }
        for (entry, url) in [
            ("https://a.example/client.json", "https://a.example/client.json?x"),
            ("https://a.example/client.json", "https://a.example/other.json"),
            ("https://_.example.com", "https://example.com/x"),
            ("https://_.example.com", "https://a.b.example.com/x"),
            ("https://_.example.com", "https://app.example.com:8443/x"),
            ("https://_.example.com", "http://app.example.com/x"),
            ("https://_.example.com", "https://app.example.com.evil.example/x"),
            ("https://_.example.com", "https://evil.example/.example.com"),
        ] {
            assert!(!admitted(entry, url), "{entry} {url}");
        }
    }

    #[test]
    fn an_entry_that_admits_nobody_is_none() {
        for entry in ["", "*", "a.example", "https://a.example", "https://_", "https://_.a._", "https://x_.example.com"]
        {
            assert!(!is_entry(entry), "{entry}");
        }
        for entry in ["https://_.example.com/", "https://_.example.com/x/../y", "ftp://_.example.com", "__"] {
            // The first of these is an exact URL that no host can have, and does no harm.
            assert_eq!(is_entry(entry), entry == "https://_.example.com/", "{entry}");
        }
    }

    #[test]
    fn a_client_id_has_one_way_to_be_written() {
        let checked = |text: &str| check_url(text, &Url::parse(text).unwrap());
        for url in ["https://a.example/client.json", "https://a.example/", "https://a.example:8443/c?v=1"] {
            assert_eq!(checked(url), Ok(()), "{url}");
        }
        for (url, error) in [
            ("https://a.example", MetadataError::NoPath),
            ("https://a.example?x", MetadataError::NoPath),
            ("https://a.example/c#", MetadataError::Fragment),
            ("https://a.example/c#x", MetadataError::Fragment),
            ("https://a.example/b/../c", MetadataError::NotNormal),
            ("https://a.example/./c", MetadataError::NotNormal),
            ("https://a.example/b/%2e%2E/c", MetadataError::NotNormal),
            ("https://A.example/c", MetadataError::NotNormal),
            ("https://a.example:443/c", MetadataError::NotNormal),
            ("https://a.example\\c/", MetadataError::NotNormal),
            ("https://@a.example/c", MetadataError::NotNormal),
            ("http://2130706433/c", MetadataError::NotNormal),
        ] {
            assert_eq!(checked(url), Err(error), "{url}");
        }
    }
}
