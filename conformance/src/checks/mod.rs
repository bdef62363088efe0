//! The registry: every check, in the order in which reports list them.

pub mod audience;
pub mod audit;
pub mod challenge;
pub mod discovery;
pub mod issuer;
pub mod keys;
pub mod scopes;
pub mod security;
pub mod token_validation;

use crate::check::Check;

/// Every check. A new one is a file in its area and a line here.
pub const ALL: &[&dyn Check] = &[
    &discovery::open::MetadataOpen,
    &discovery::published::MetadataPublished,
    &discovery::status::MetadataStatus,
    &discovery::content_type::MetadataContentType,
    &discovery::get::MetadataGet,
    &discovery::path_inserted::MetadataPathInserted,
    &discovery::resource::MetadataResource,
    &discovery::resource_well_known::MetadataResourceWellKnown,
    &discovery::resource_endpoint::MetadataResourceEndpoint,
    &discovery::resource_exact::MetadataResourceExact,
    &discovery::resource_fragment::MetadataResourceFragment,
    &discovery::resource_query::MetadataResourceQuery,
    &discovery::resource_slash::MetadataResourceSlash,
    &discovery::authorization_servers::MetadataAuthorizationServers,
    &discovery::issuers::MetadataIssuers,
    &discovery::names_zone::MetadataNamesZone,
    &discovery::empty_values::MetadataEmptyValues,
    &discovery::arrays::MetadataArrays,
    &discovery::bearer_methods::MetadataBearerMethods,
    &discovery::signing_algorithms::MetadataSigningAlgorithms,
    &discovery::resource_name::MetadataResourceName,
    &discovery::unknown_path::MetadataUnknownPath,
    &discovery::scopes::MetadataScopes,
    &discovery::offline_access::MetadataOfflineAccess,
    &discovery::wildcard_scope::MetadataWildcardScope,
    &discovery::cache::MetadataCache,
    &challenge::no_token::NoToken,
    &challenge::present::ChallengePresent,
    &challenge::grammar::ChallengeGrammar,
    &challenge::param_once::ChallengeParamOnce,
    &challenge::bearer::ChallengeBearer,
    &challenge::parameter::ChallengeParameter,
    &challenge::metadata_url::ChallengeMetadataUrl,
    &challenge::without_credentials::ChallengeWithoutCredentials,
    &challenge::scope_characters::ChallengeScopeCharacters,
    &challenge::offline_access::ChallengeOfflineAccess,
    &challenge::error::ChallengeError,
    &challenge::error_code::ChallengeErrorCode,
    &challenge::invalid_token_status::InvalidTokenStatus,
    &challenge::expired_token_status::ExpiredTokenStatus,
    &challenge::invalid_token::ChallengeInvalidToken,
    &challenge::malformed_status::MalformedCredentialsStatus,
    &challenge::malformed_challenge::MalformedCredentialsChallenge,
    &token_validation::garbage::GarbageToken,
    &token_validation::unsigned::UnsignedToken,
    &token_validation::tampered_claims::TamperedClaims,
    &token_validation::tampered_signature::TamperedSignature,
    &token_validation::foreign_signature::ForeignSignature,
    &token_validation::public_key_as_secret::PublicKeyAsSecret,
    &token_validation::weak_secret::WeakSecret,
    &token_validation::expired::ExpiredToken,
    &token_validation::missing_exp::MissingExp,
    &token_validation::not_yet_valid::NotYetValid,
    &token_validation::unknown_claims::UnknownClaims,
    &token_validation::unknown_header::UnknownHeader,
    &token_validation::scheme_case::SchemeCase,
    &token_validation::query_token::QueryToken,
    &issuer::missing::IssuerMissing,
    &issuer::other::IssuerOther,
    &issuer::trailing_slash::IssuerTrailingSlash,
    &issuer::second_zone::SecondZone,
    &issuer::second_zone_contact::SecondZoneContact,
    &audience::other::AudienceOther,
    &audience::missing::AudienceMissing,
    &audience::malformed::AudienceMalformed,
    &audience::issuer::AudienceIssuer,
    &audience::sibling::AudienceSibling,
    &audience::lookalike::AudienceLookalike,
    &audience::array_own::AudienceArrayOwn,
    &audience::array_other::AudienceArrayOther,
    &audience::array_mixed::AudienceArrayMixed,
    &scopes::missing::ScopeMissing,
    &scopes::status::ScopeStatus,
    &scopes::challenge_present::ScopeChallengePresent,
    &scopes::challenge_error::ScopeChallengeError,
    &scopes::challenge_names::ScopeChallengeNames,
    &scopes::challenge_metadata::ScopeChallengeMetadata,
    &scopes::order::ScopeOrder,
    &scopes::lookalike::ScopeLookalike,
    &keys::rotation::KeyRotation,
    &security::after_authentication::AfterAuthentication,
    &security::open_get::OpenGet,
    &security::open_delete::OpenDelete,
    &security::open_head::OpenHead,
    &security::open_notification::OpenNotification,
    &security::open_initialize::OpenInitialize,
    &security::open_discover::OpenDiscover,
    &security::open_list::OpenList,
    &security::echo::TokenEcho,
    &audit::signed_in_token::SignedInToken,
    &audit::events::AuditEvents,
    &keys::outage::KeysOutage,
    &keys::outage_answer::KeysOutageAnswer,
];

/// The check with this id.
pub fn find(id: &str) -> Option<&'static dyn Check> {
    ALL.iter().find(|c| c.meta().id == id).copied()
}

/// Ids of checks whose failure explains a failure of this one.
pub fn causes(id: &str) -> &'static [&'static str] {
    find(id).map_or(&[], |c| c.meta().follows_from)
}

/// What to say to someone who named no check of ours.
pub fn unknown(id: &str) -> String {
    let nearest = ALL
        .iter()
        .map(|c| c.meta().id)
        .max_by(|a, b| strsim::jaro_winkler(a, id).total_cmp(&strsim::jaro_winkler(b, id)));
    let suggestion = nearest.map(|n| format!("; did you mean {n}?")).unwrap_or_default();
    format!("there is no check {}{suggestion} `conformance list` names them all", crate::text::quoted(id))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::catalogue;

    #[test]
    fn ids_are_unique_and_kebab_case() {
        let mut seen = BTreeSet::new();
        for check in ALL {
            let id = check.meta().id;
            assert!(seen.insert(id), "{id} stands twice");
            assert!(id.starts_with(|c: char| c.is_ascii_lowercase()), "{id}");
            assert!(id.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-'), "{id}");
        }
    }

    #[test]
    fn every_page_has_a_title_and_the_four_sections() {
        for check in ALL {
            let id = check.meta().id;
            assert!(
                !check.title().is_empty() && !check.title().ends_with('.'),
                "{id}: the title is a sentence without its full stop"
            );
            for heading in ["What it checks", "Why it matters", "How to fix it", "Reference"] {
                assert!(!check.section(heading).is_empty(), "{id} lacks the section {heading}");
            }
        }
    }

    #[test]
    fn every_requirement_is_in_the_catalogue_and_a_check_weighs_no_more_than_it() {
        for check in ALL {
            let meta = check.meta();
            assert!(!meta.requirements.is_empty(), "{} names no requirement", meta.id);
            for id in meta.requirements {
                let requirement =
                    catalogue::find(id).unwrap_or_else(|| panic!("{}: {id} is not in the catalogue", meta.id));
                assert!(!requirement.probe.starts_with("not-testable"), "{}: {id} is not testable", meta.id);
            }
        }
    }

    #[test]
    fn causes_are_checks_that_come_before_their_effects() {
        for (at, check) in ALL.iter().enumerate() {
            for cause in check.meta().follows_from {
                let place = ALL.iter().position(|c| c.meta().id == *cause);
                assert!(place.is_some_and(|p| p < at), "{} follows from {cause}", check.meta().id);
            }
        }
    }

    #[test]
    fn an_unknown_id_is_answered_with_the_nearest() {
        assert!(unknown("garbage-tokn").contains("did you mean garbage-token?"));
    }
}
