//! Protected resource metadata (RFC 9728): whether it is there, how it is served, and what it says.

checks! {
    open::MetadataOpen,
    published::MetadataPublished,
    discoverable::MetadataDiscoverable,
    status::MetadataStatus,
    content_type::MetadataContentType,
    get::MetadataGet,
    root_slash::MetadataRootSlash,
    path_inserted::MetadataPathInserted,
    resource::MetadataResource,
    resource_well_known::MetadataResourceWellKnown,
    resource_endpoint::MetadataResourceEndpoint,
    resource_exact::MetadataResourceExact,
    resource_fragment::MetadataResourceFragment,
    resource_query::MetadataResourceQuery,
    resource_slash::MetadataResourceSlash,
    resource_https::MetadataResourceHttps,
    authorization_servers::MetadataAuthorizationServers,
    issuers::MetadataIssuers,
    names_zone::MetadataNamesZone,
    empty_values::MetadataEmptyValues,
    arrays::MetadataArrays,
    bearer_methods::MetadataBearerMethods,
    signing_algorithms::MetadataSigningAlgorithms,
    jwks_uri::MetadataJwksUri,
    jwks_use::MetadataJwksUse,
    signed_metadata::MetadataSigned,
    resource_name::MetadataResourceName,
    unknown_path::MetadataUnknownPath,
    scopes::MetadataScopes,
    offline_access::MetadataOfflineAccess,
    wildcard_scope::MetadataWildcardScope,
    cache::MetadataCache,
    origin_metadata::OriginMetadata,
    origin_metadata_valid::OriginMetadataValid,
    origin_metadata_root::OriginMetadataRoot,
    default_endpoints::DefaultEndpoints,
    metadata_cors::MetadataCors,
}

pub(crate) mod own_server;
pub(crate) mod relation;

use serde_json::{Map, Value};
use url::Url;

use crate::check::{Stop, Verdict};
use crate::context::Context;
use crate::discovery::{Discovery, Place, Way, may_be_fetched};
use crate::survey::TokenFound;

/// A metadata document.
type Document = Map<String, Value>;

/// Every document that was found, and where.
///
/// # Errors
/// Not applicable where there is none: what a document must say binds nobody who has none, and the lack of it is the
/// finding of `metadata-published`.
fn documents(discovery: &Discovery) -> Result<Vec<(&Place, Document)>, Stop> {
    let found = discovery.documents();
    if found.is_empty() {
        return Err(no_document());
    }
    Ok(found)
}

fn no_document() -> Stop {
    Stop::not_applicable("no metadata document was found, which metadata-published judges")
}

/// Leaves where a layer in front may have given every answer there was: the request without credentials and each place got
/// the same refusal, and no token another one.
///
/// # Errors
/// Inconclusive then.
fn is_behind_no_guard(cx: &Context, discovery: &Discovery) -> Verdict {
    let Ok(anonymous) = &discovery.anonymous else { return Ok(()) };
    let status = anonymous.status;
    let is_guards = anonymous.is_in_front() || matches!(status.as_u16(), 400 | 403 | 406);
    let is_everywhere = discovery.places.iter().all(|p| p.reply.as_ref().is_ok_and(|reply| reply.status == status));
    if is_guards && is_everywhere && !matches!(cx.survey().token, TokenFound::Accepted(_)) {
        return Err(Stop::inconclusive(format!("every request got {}, from whatever is in front", status.as_u16())));
    }
    Ok(())
}

/// Each place once, the challenge's first where several ways lead to one URL.
fn distinct(discovery: &Discovery) -> Vec<&Place> {
    let mut places: Vec<&Place> = Vec::new();
    for place in &discovery.places {
        if !places.iter().any(|p| p.url == place.url) {
            places.push(place);
        }
    }
    places
}

/// `resource` of each document that has one, and where the document was found.
///
/// # Errors
/// Not applicable where there is none.
fn resources(discovery: &Discovery) -> Result<Vec<(&Place, String)>, Stop> {
    let named: Vec<_> = documents(discovery)?
        .into_iter()
        .filter_map(|(place, document)| resource_of(&document).map(|r| (place, r.to_owned())))
        .collect();
    if named.is_empty() {
        return Err(Stop::not_applicable("no metadata document has a resource, which metadata-resource judges"));
    }
    Ok(named)
}

fn resource_of(document: &Document) -> Option<&str> {
    document.get("resource").and_then(Value::as_str)
}

/// The strings of a member that is an array, leaving out what is none.
fn strings<'a>(document: &'a Document, member: &str) -> Vec<&'a str> {
    let values = document.get(member).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    values.iter().filter_map(Value::as_str).collect()
}

/// `resource` of the document that the challenge leads to.
///
/// # Errors
/// Not applicable where no challenge leads to one.
fn advertised_resource(discovery: &Discovery) -> Result<(&Place, String), Stop> {
    let place = discovery.places.iter().find(|p| p.way == Way::Challenge);
    let found = place.and_then(|p| Some((p, resource_of(&p.document()?)?.to_owned())));
    found.ok_or_else(|| Stop::not_applicable("no challenge leads to a document with a resource"))
}

/// What is at a `jwks_uri`.
enum Found {
    /// A set of these keys.
    Keys(Vec<Value>),
    /// Something else; what.
    NoKeys(String),
    /// It is not the suite's business to look there.
    Elsewhere,
}

/// The server's own keys, where the suite may fetch them.
///
/// # Errors
/// Inconclusive where no answer comes, or one of a guard in front.
async fn own_keys(cx: &Context, url: &Url) -> Result<Found, Stop> {
    if !may_be_fetched(url, cx.url()) {
        return Ok(Found::Elsewhere);
    }
    let reply = cx.fetch(url.clone(), "the server's own keys").await?;
    if reply.is_in_front() || reply.status.is_server_error() {
        return Err(Stop::inconclusive(format!("{url} got {}", reply.describe())));
    }
    let keys = reply.json().and_then(|mut set| match set["keys"].take() {
        Value::Array(keys) if reply.status.is_success() => Some(keys),
        _ => None,
    });
    Ok(keys.map_or_else(|| Found::NoKeys(format!("{} without keys", reply.status.as_u16())), Found::Keys))
}
