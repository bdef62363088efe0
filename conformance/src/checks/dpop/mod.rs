//! Tokens that are bound to a key (RFC 9449): none of these checks applies where the server does not say that it takes such.

checks! {
    required::DpopRequired,
    bound_as_bearer::DpopBoundAsBearer,
    proof::DpopProof,
    proof_age::DpopProofAge,
    proof_algorithm::DpopProofAlgorithm,
    failure::DpopFailure,
    nonce::DpopNonce,
    audience::DpopAudience,
}
