//! The faults: each a server broken in exactly one way. A new one is a file and a line in `ALL`.

mod accepts_any_audience_array;
mod accepts_empty_secret;
mod accepts_expired;
mod accepts_garbage;
mod accepts_malformed_audience;
mod accepts_missing_audience;
mod accepts_missing_exp;
mod accepts_missing_issuer;
mod accepts_recently_expired;
mod accepts_unsigned;
mod accepts_unsigned_in_mixed_case;
mod accepts_weak_secret;
mod accepts_zone_audience;
mod answers_401_for_scope;
mod answers_403_with_another_error;
mod answers_403_with_wrong_scope;
mod answers_403_without_challenge;
mod answers_403_without_metadata;
mod answers_403_without_scope;
mod asked;
mod asks_any_issuer;
mod compares_audience_by_origin;
mod compares_audience_by_prefix;
mod compares_issuer_by_prefix;
mod compares_scopes_by_prefix;
mod echoes_token_in_body;
mod echoes_token_in_header;
mod fails_open;
mod ignores_audience;
mod ignores_issuer;
mod ignores_nbf;
mod ignores_scope_case;
mod ignores_scopes;
mod ignores_signature;
mod minds_scheme_case;
mod never_refetches_keys;
mod normalises_issuer;
mod opens_delete;
mod opens_discover;
mod opens_get;
mod opens_head;
mod opens_initialize;
mod opens_list;
mod opens_notifications;
mod prefers_query_token;
mod reads_first_audience;
mod reads_first_scope;
mod reads_query_token;
mod refuses_audience_arrays;
mod refuses_registered_clients;
mod refuses_unknown_claims;
mod refuses_unknown_header;
mod remembers_authentication;
mod remembers_claims;
mod remembers_signature;
mod retries_for_ever;
mod rules;
mod serves_without_token;
mod takes_public_der_for_secret;
mod takes_public_jwk_for_secret;
mod takes_public_pem_for_secret;
mod takes_public_trimmed_pem_for_secret;
mod trusts_any_issuer;
mod zone_blames_another_user;
mod zone_forgets_authenticate;
mod zone_forgets_authorize;
mod zone_forgets_issue;
mod zone_reorders_events;

use axum::body::Bytes;
use http::header::WWW_AUTHENTICATE;
use http::request::Parts;
use http::{HeaderValue, Response};
use serde_json::Value;

pub use asked::Asked;
pub use rules::{FollowsIssuer, Keys, Rules, Secret, Signature, contains};

/// A way to be broken. What a fault leaves at [`Fault::NONE`] is as in the reference server.
#[derive(Debug)]
pub struct Fault {
    /// Kebab-case, named for what the server does wrong.
    pub name: &'static str,
    /// The catalogue's ids that it breaks.
    pub breaks: &'static [&'static str],
    /// Bends the rules by which tokens are verified.
    pub rules: fn(&mut Rules),
    /// Which scopes are read from the claim, as one string.
    pub scopes: fn(&Value) -> String,
    /// Changes the protected resource metadata.
    pub metadata: fn(&mut Value),
    /// Changes a request before the guard sees it.
    pub request: fn(&Asked, &mut Parts),
    /// Whether a request goes past the guard.
    pub lets_in: fn(&Asked) -> bool,
    /// Changes an answer.
    pub response: fn(&Asked, &mut Response<Bytes>),
    /// Changes the zone's audit feed; the run then sees the zone through a proxy.
    pub feed: Option<fn(&mut Value)>,
}

impl Fault {
    /// No fault.
    pub const NONE: Self = Self {
        name: "none",
        breaks: &[],
        rules: |_| {},
        scopes: |claim| claim.as_str().unwrap_or_default().to_owned(),
        metadata: |_| {},
        request: |_, _| {},
        lets_in: |_| false,
        response: |_, _| {},
        feed: None,
    };
}

/// The fault with this name.
pub fn find(name: &str) -> Option<&'static Fault> {
    if name == Fault::NONE.name {
        return Some(&Fault::NONE);
    }
    ALL.iter().find(|f| f.name == name).copied()
}

/// Changes every `WWW-Authenticate` field of an answer.
fn edit_challenge(response: &mut Response<Bytes>, edit: impl Fn(&str) -> String) {
    let edited: Vec<_> =
        response.headers().get_all(WWW_AUTHENTICATE).iter().filter_map(|v| v.to_str().ok()).map(edit).collect();
    response.headers_mut().remove(WWW_AUTHENTICATE);
    for value in edited.into_iter().filter_map(|text| HeaderValue::try_from(text).ok()) {
        response.headers_mut().append(WWW_AUTHENTICATE, value);
    }
}

/// A challenge as the reference server writes it, without one of its parameters.
fn without_param(challenge: &str, name: &str) -> String {
    let (scheme, params) = challenge.split_once(' ').unwrap_or((challenge, ""));
    let kept: Vec<_> = params
        .split("\", ")
        .filter(|p| !p.starts_with(&format!("{name}=\"")))
        .map(|p| p.trim_end_matches('"'))
        .collect();
    if kept.is_empty() { scheme.to_owned() } else { format!("{scheme} {}\"", kept.join("\", ")) }
}

/// Every fault, in the order of the areas that they break.
pub const ALL: &[&Fault] = &[
    &accepts_garbage::FAULT,
    &accepts_unsigned::FAULT,
    &accepts_unsigned_in_mixed_case::FAULT,
    &ignores_signature::FAULT,
    &remembers_claims::FAULT,
    &remembers_signature::FAULT,
    &takes_public_pem_for_secret::FAULT,
    &takes_public_trimmed_pem_for_secret::FAULT,
    &takes_public_der_for_secret::FAULT,
    &takes_public_jwk_for_secret::FAULT,
    &accepts_weak_secret::FAULT,
    &accepts_empty_secret::FAULT,
    &accepts_expired::FAULT,
    &accepts_recently_expired::FAULT,
    &accepts_missing_exp::FAULT,
    &ignores_nbf::FAULT,
    &refuses_unknown_claims::FAULT,
    &refuses_unknown_header::FAULT,
    &minds_scheme_case::FAULT,
    &reads_query_token::FAULT,
    &prefers_query_token::FAULT,
    &ignores_issuer::FAULT,
    &accepts_missing_issuer::FAULT,
    &compares_issuer_by_prefix::FAULT,
    &normalises_issuer::FAULT,
    &trusts_any_issuer::FAULT,
    &asks_any_issuer::FAULT,
    &ignores_audience::FAULT,
    &accepts_missing_audience::FAULT,
    &accepts_malformed_audience::FAULT,
    &accepts_zone_audience::FAULT,
    &compares_audience_by_origin::FAULT,
    &compares_audience_by_prefix::FAULT,
    &refuses_audience_arrays::FAULT,
    &accepts_any_audience_array::FAULT,
    &reads_first_audience::FAULT,
    &ignores_scopes::FAULT,
    &reads_first_scope::FAULT,
    &ignores_scope_case::FAULT,
    &compares_scopes_by_prefix::FAULT,
    &answers_401_for_scope::FAULT,
    &answers_403_without_challenge::FAULT,
    &answers_403_with_another_error::FAULT,
    &answers_403_without_scope::FAULT,
    &answers_403_with_wrong_scope::FAULT,
    &answers_403_without_metadata::FAULT,
    &never_refetches_keys::FAULT,
    &fails_open::FAULT,
    &retries_for_ever::FAULT,
    &serves_without_token::FAULT,
    &remembers_authentication::FAULT,
    &opens_get::FAULT,
    &opens_delete::FAULT,
    &opens_head::FAULT,
    &opens_notifications::FAULT,
    &opens_initialize::FAULT,
    &opens_discover::FAULT,
    &opens_list::FAULT,
    &echoes_token_in_body::FAULT,
    &echoes_token_in_header::FAULT,
    &refuses_registered_clients::FAULT,
    &zone_forgets_authenticate::FAULT,
    &zone_forgets_authorize::FAULT,
    &zone_forgets_issue::FAULT,
    &zone_reorders_events::FAULT,
    &zone_blames_another_user::FAULT,
];
