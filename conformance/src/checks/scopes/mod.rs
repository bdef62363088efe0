//! What the token permits.

checks! {
    missing::ScopeMissing,
    status::ScopeStatus,
    challenge_present::ScopeChallengePresent,
    challenge_error::ScopeChallengeError,
    challenge_names::ScopeChallengeNames,
    challenge_metadata::ScopeChallengeMetadata,
    order::ScopeOrder,
    lookalike::ScopeLookalike,
}
