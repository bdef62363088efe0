//! The faults: each a server broken in exactly one way. A new one is a file, and a line in the list at the end.

mod asked;
mod delegation;
mod inputs;
mod rules;

use std::net::Ipv4Addr;

use axum::body::Bytes;
use http::header::{CONTENT_TYPE, WWW_AUTHENTICATE};
use http::request::Parts;
use http::{HeaderValue, Response, StatusCode};
use openssl::ssl::SslAcceptorBuilder;
use serde_json::{Value, json};

use crate::oddity;

pub use asked::Asked;
pub use delegation::{Attempt, Delegation};
pub use inputs::Inputs;
pub use rules::{
    Certificate, Claims, FollowsIssuer, Introspection, Keys, Lack, Metadata, Payload, Rules, Secret, Signature,
    Strangers, WithoutKey, contains, is_for, is_for_signatures, is_long,
};

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
    /// Changes the bytes that a client sends, in place, a piece at a time.
    pub wire: fn(&mut [u8]),
    /// Changes a request before the guard sees it.
    pub request: fn(&Asked, &mut Parts),
    /// Whether a request goes past the guard.
    pub lets_in: fn(&Asked) -> bool,
    /// Bends the rules by which tools ask for input, and keep what they hand out.
    pub inputs: fn(&mut Inputs),
    /// Changes an answer.
    pub response: fn(&Asked, &mut Response<Bytes>),
    /// Bends the way in which an API behind the server is called.
    pub delegation: fn(&mut Delegation),
    /// Changes a record of the server's own log, or makes a list of several of it; whether it is written.
    pub record: fn(&mut Value) -> bool,
    /// Whether the suite starts it, which shows more of it: what it sends to an API behind it, its log, what it trusts.
    pub launched: bool,
    /// Changes the zone's audit feed; the run then sees the zone through a proxy.
    pub feed: Option<fn(&mut Value)>,
    /// Where it listens.
    pub listens_on: Ipv4Addr,
    /// Changes the TLS that it speaks, if it speaks any; the suite is then given its authority.
    pub tls: Option<fn(&mut SslAcceptorBuilder)>,
}

impl Fault {
    /// No fault.
    pub const NONE: Self = Self {
        name: "none",
        breaks: &[],
        rules: |_| {},
        scopes: |claim| claim.as_str().unwrap_or_default().to_owned(),
        metadata: |_| {},
        wire: |_| {},
        request: |_, _| {},
        lets_in: |_| false,
        inputs: |_| {},
        response: |_, _| {},
        delegation: |_| {},
        record: |_| true,
        launched: false,
        feed: None,
        listens_on: Ipv4Addr::LOCALHOST,
        tls: None,
    };
}

/// The fault or oddity with this name.
pub fn find(name: &str) -> Option<&'static Fault> {
    if name == Fault::NONE.name {
        return Some(&Fault::NONE);
    }
    let odd = [oddity::RIGHT, oddity::OPEN, oddity::DOWN, oddity::WAVERING, oddity::SHUT, oddity::REVOKING].concat();
    ALL.iter().chain(&odd).find(|f| f.name == name).copied()
}

/// Changes every `WWW-Authenticate` field of an answer.
pub(crate) fn edit_challenge(response: &mut Response<Bytes>, edit: impl Fn(&str) -> String) {
    let edited: Vec<_> =
        response.headers().get_all(WWW_AUTHENTICATE).iter().filter_map(|v| v.to_str().ok()).map(edit).collect();
    response.headers_mut().remove(WWW_AUTHENTICATE);
    for value in edited.into_iter().filter_map(|text| HeaderValue::try_from(text).ok()) {
        response.headers_mut().append(WWW_AUTHENTICATE, value);
    }
}

/// Changes an answer's body where it is JSON.
fn edit_json(response: &mut Response<Bytes>, edit: impl FnOnce(&mut Value)) {
    if let Ok(mut message) = serde_json::from_slice::<Value>(response.body()) {
        edit(&mut message);
        *response.body_mut() = message.to_string().into();
    }
}

/// Makes an answer the result of what was asked, whatever it was.
fn serve(asked: &Asked, response: &mut Response<Bytes>) {
    let message = json!({"jsonrpc": "2.0", "id": asked.rpc_id, "result": {"resultType": "complete", "content": []}});
    *response.status_mut() = StatusCode::OK;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    *response.body_mut() = message.to_string().into();
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

/// Declares the faults, a line each: the file that has the fault.
macro_rules! faults {
    ($($file:ident),+ $(,)?) => {
        $(mod $file;)+

        /// Every fault, in the order of the areas that they break.
        pub const ALL: &[&Fault] = &[$(&$file::FAULT),+];
    };
}

faults! {
    guards_metadata,
    publishes_no_metadata,
    answers_203_for_metadata,
    types_metadata_as_html,
    advertises_a_web_page,
    minds_accept,
    redirects_in_circles,
    serves_metadata_at_root_only,
    serves_metadata_behind_slash,
    names_no_resource,
    names_resource_by_number,
    names_other_resource,
    names_its_origin,
    names_its_origin_at_its_path,
    names_resource_with_fragment,
    names_resource_with_query,
    names_resource_with_slash,
    names_resource_without_tls,
    lists_no_authorization_server,
    lists_authorization_servers_empty,
    lists_authorization_server_as_text,
    names_zone_with_slash,
    names_token_endpoint,
    names_zone_without_tls,
    names_other_zone,
    writes_null,
    writes_empty_text,
    writes_empty_list,
    lists_scopes_as_text,
    lists_no_scopes,
    offers_query_tokens,
    offers_no_header,
    offers_unsigned_answers,
    publishes_keys_in_the_clear,
    publishes_no_keys,
    mixes_keys_without_use,
    signs_metadata_with_none,
    signs_metadata_for_nobody,
    has_no_name,
    vouches_for_any_path,
    lists_scope_with_space,
    lists_offline_access,
    lists_wildcard_scope,
    sends_no_cache_control,
    caches_metadata_for_a_year,
    serves_origin_metadata_under_its_path,
    serves_origin_metadata_without_issuer,
    has_no_default_endpoints,
    hides_metadata_from_browsers,
    answers_403_without_token,
    answers_401_without_challenge,
    answers_get_without_challenge,
    challenges_without_quotes,
    challenges_without_commas,
    quotes_without_escaping,
    repeats_a_parameter,
    challenges_with_basic,
    challenges_without_parameter,
    points_to_metadata_by_path,
    points_nowhere,
    challenges_without_metadata,
    challenges_older_clients_without_metadata,
    reports_an_error_without_token,
    reports_an_error_for_basic,
    challenges_with_odd_scope,
    describes_audience_in_challenge,
    challenges_with_offline_access,
    answers_401_without_error,
    answers_401_with_another_error,
    answers_jwts_without_error,
    answers_403_for_bad_tokens,
    answers_403_for_expired,
    crashes_on_garbage,
    crashes_on_issuer_arrays,
    drops_connections_on_arrays,
    crashes_on_two_segments,
    crashes_on_cut_tokens,
    crashes_on_malformed_credentials,
    crashes_on_two_credentials,
    reads_the_second_word,
    answers_400_without_challenge,
    takes_the_first_of_two_credentials,
    hides_challenge_from_browsers,
    accepts_garbage,
    accepts_unsigned,
    accepts_unsigned_in_mixed_case,
    takes_an_empty_signature,
    ignores_signature,
    remembers_claims,
    remembers_signature,
    takes_public_pem_for_secret,
    takes_public_trimmed_pem_for_secret,
    takes_public_der_for_secret,
    takes_public_jwk_for_secret,
    accepts_weak_secret,
    accepts_empty_secret,
    accepts_client_id_as_secret,
    reads_key_files,
    trusts_embedded_key,
    trusts_embedded_curve,
    trusts_embedded_certificate,
    trusts_key_url,
    trusts_certificate_url,
    asks_key_url,
    skips_unknown_algorithms,
    accepts_sha1,
    refuses_rs256,
    assumes_rs256,
    ignores_critical,
    takes_first_of_doubled,
    reads_exp_from_text,
    crashes_on_iat_text,
    crashes_on_odd_subject,
    replaces_invalid_utf8,
    opens_nested_tokens,
    accepts_any_type,
    accepts_untyped,
    refuses_long_type,
    accepts_logout_tokens,
    accepts_missing_claims,
    leaves_eight_minutes,
    remembers_tokens,
    asks_about_a_token_once,
    takes_silence_for_a_yes,
    asks_key_id,
    accepts_expired,
    accepts_recently_expired,
    accepts_missing_exp,
    accepts_null_exp,
    ignores_nbf,
    refuses_unknown_claims,
    refuses_unknown_header,
    minds_scheme_case,
    reads_query_token,
    prefers_query_token,
    ignores_issuer,
    accepts_missing_issuer,
    takes_issuer_from_a_list,
    compares_issuer_by_prefix,
    compares_issuer_without_scheme,
    normalises_issuer,
    trusts_any_issuer,
    trusts_any_certificate,
    trusts_certificates_of_other_hosts,
    asks_any_issuer,
    ignores_audience,
    accepts_missing_audience,
    accepts_malformed_audience,
    accepts_zone_audience,
    compares_audience_by_origin,
    compares_audience_by_prefix,
    compares_audience_by_parent,
    compares_audience_without_scheme,
    compares_audience_by_suffix,
    compares_audience_host_by_prefix,
    compares_audience_without_port,
    compares_audience_without_query,
    compares_audience_without_fragment,
    ignores_audience_case,
    minds_case_of_audience_host,
    believes_host,
    believes_forwarded_host,
    accepts_upstream_audience,
    accepts_client_audience,
    remembers_audience,
    refuses_audience_arrays,
    accepts_any_audience_array,
    reads_first_audience,
    demands_dpop_in_vain,
    takes_bound_tokens_as_bearer,
    ignores_method_of_proof,
    takes_old_proofs,
    takes_symmetric_proofs,
    answers_400_to_proofs,
    gives_no_nonce,
    trusts_the_proof,
    ignores_scopes,
    requires_one_of_its_scopes,
    reads_first_scope,
    ignores_scope_case,
    compares_scopes_by_prefix,
    answers_401_for_scope,
    answers_403_without_challenge,
    answers_403_with_another_error,
    answers_403_without_scope,
    answers_403_with_wrong_scope,
    answers_403_without_metadata,
    challenges_one_scope_at_a_time,
    varies_challenged_scopes,
    challenges_with_every_scope,
    names_scope_of_one_tool_only,
    names_no_scope_without_token,
    crashes_on_scope_arrays,
    requires_every_scope,
    forgets_implied_scopes,
    hides_tools_by_scope,
    serves_the_vault_to_all,
    reads_resources_to_all,
    suggests_secrets,
    never_refetches_keys,
    shortens_key_ids,
    ignores_case_of_key_ids,
    refuses_unknown_key_members,
    refuses_sets_with_unknown_members,
    refuses_sets_with_unknown_types,
    accepts_short_keys,
    accepts_encryption_keys,
    ignores_algorithm_of_keys,
    accepts_zero_signatures,
    keeps_retired_keys,
    fails_open,
    opens_after_a_failed_fetch,
    opens_when_keys_are_late,
    opens_when_zone_hangs_up,
    opens_on_malformed_keys,
    opens_on_a_page_for_keys,
    opens_on_oversized_keys,
    opens_on_no_keys,
    retries_for_ever,
    believes_metadata_of_others,
    listens_everywhere,
    ignores_origin,
    compares_origin_by_prefix,
    answers_400_for_foreign_origin,
    needs_no_method_header,
    ignores_method_header,
    needs_no_name_header,
    ignores_name_header,
    decides_by_name_header,
    compares_names_undecoded,
    ignores_wrapped_names,
    ignores_param_header,
    needs_no_param_header,
    needs_no_version_header,
    ignores_version_in_meta,
    answers_another_code_for_headers,
    minds_header_case,
    lists_no_supported_versions,
    answers_another_code_for_versions,
    ignores_version_header,
    takes_any_word_for_a_version,
    wants_a_version_header,
    agrees_to_any_version,
    names_a_version_that_it_refuses,
    needs_no_capabilities,
    lists_no_versions,
    knows_no_discover,
    answers_200_for_unknown_methods,
    crashes_on_broken_json,
    crashes_on_arrays,
    answers_errors_without_id,
    answers_text_ids_with_zero,
    uses_a_retired_code,
    uses_a_reserved_code,
    names_no_result_type,
    gives_no_ttl,
    gives_an_odd_cache_scope,
    changes_cache_scope_by_page,
    calls_notes_public,
    shares_what_it_calls_public,
    types_answers_as_text,
    answers_200_to_notifications,
    answers_notifications_with_a_body,
    answers_get_with_a_page,
    answers_get_with_404,
    forgets_get,
    forgets_delete,
    answers_405_without_allow,
    wants_a_token_for_preflights,
    minds_session_ids,
    mints_session_ids,
    minds_last_event_id,
    replays_events,
    replays_to_other_users,
    replays_other_streams,
    wants_a_kept_connection,
    remembers_the_caller,
    unlocks_tools_by_connection,
    unlocks_tools_by_use,
    wants_a_session,
    has_its_endpoint_at_root,
    spaces_session_ids,
    answers_404_without_session,
    serves_ended_sessions,
    serves_without_token,
    answers_401_with_result,
    remembers_authentication,
    opens_get,
    opens_delete,
    opens_head,
    opens_notifications,
    opens_initialize,
    opens_discover,
    opens_list,
    remembers_connections,
    opens_an_older_revision,
    opens_an_unspoken_revision,
    opens_requests_without_version,
    opens_the_path_with_a_slash,
    opens_the_path_with_dots,
    obeys_method_override,
    obeys_original_url,
    believes_the_method_header,
    reads_the_first_method,
    guards_json_alone,
    trusts_forwarded_for,
    trusts_forwarded_for_in_sessions,
    trusts_forwarded_user,
    takes_any_api_key,
    reads_token_from_x_access_token,
    reads_token_from_cookie,
    reads_token_from_message,
    reads_token_from_form,
    keeps_token_in_cookie,
    takes_its_cookie_for_a_token,
    opens_ping,
    opens_resources,
    opens_answers,
    opens_batches,
    answers_unknown_tools,
    suggests_tools,
    dispatches_before_authentication,
    hints_in_the_challenge,
    hints_in_the_body,
    shows_a_stack_trace,
    streams_by_session,
    ends_sessions_of_others,
    shares_sessions,
    counts_sessions,
    names_sessions_by_the_clock,
    shortens_session_ids,
    echoes_token_in_body,
    echoes_token_in_header,
    answers_with_another_users_result,
    believes_forwarded_user,
    serves_its_environment,
    challenges_with_a_plain_url,
    speaks_old_tls,
    redirects_anywhere,
    compares_redirects_by_prefix,
    lets_its_consent_be_framed,
    reflects_any_origin,
    echoes_token_in_base64,
    echoes_token_percent_encoded,
    forwards_the_token,
    forwards_the_token_in_base64,
    keeps_the_first_exchanged_token,
    exchanges_by_json,
    exchanges_for_a_bare_name,
    names_an_actors_type_alone,
    falls_back_on_the_callers_token,
    shows_the_upstream_token,
    shows_the_upstream_token_later,
    reads_scopes_of_actors,
    logs_served_calls_only,
    logs_the_first_user,
    logs_tokens_alone,
    logs_callers_beside_the_call,
    logs_no_correlation,
    sends_the_token_as_a_log_message,
    elicits_instead_of_401,
    asks_whoever_calls,
    names_no_missing_capability,
    asks_in_answer_to_a_list,
    asks_for_a_password,
    asks_for_a_password_in_words,
    takes_answers_of_others,
    takes_altered_states,
    takes_states_of_other_requests,
    takes_old_states,
    redeems_vouchers_twice,
    names_its_user_in_a_url,
    shows_its_page_to_anybody,
    connects_whoever_opens_its_page,
    takes_a_handle_for_a_token,
    shares_handles,
    counts_handles,
    counts_handles_in_base64,
    shows_tasks_to_others,
    refuses_registered_clients,
    zone_forgets_authenticate,
    zone_forgets_authorize,
    zone_forgets_issue,
    zone_reorders_events,
    zone_blames_another_user,
    zone_records_tokens,
}
