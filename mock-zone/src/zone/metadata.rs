//! Authorization server metadata (RFC 8414): only what works.

use serde_json::json;

use super::client_keys::ALGORITHMS;
use super::directory::Grants;
use super::register::AUTHENTICATION_METHODS;
use crate::config::Issuer;

/// The document that both well-known URLs serve, byte for byte the same, as the real service does.
pub(super) fn document(issuer: &Issuer, reads_client_documents: bool) -> Vec<u8> {
    json!({
        "issuer": issuer.as_str(),
        "authorization_endpoint": format!("{issuer}/oauth/2/authorize"),
        "token_endpoint": format!("{issuer}/oauth/2/token"),
        "registration_endpoint": format!("{issuer}/oauth/2/registration"),
        "jwks_uri": format!("{issuer}/openidconnect/jwks"),
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "grant_types_supported": Grants::ALL.map(Grants::as_str),
        "token_endpoint_auth_methods_supported": AUTHENTICATION_METHODS,
        "token_endpoint_auth_signing_alg_values_supported": ALGORITHMS,
        "client_id_metadata_document_supported": reads_client_documents,
        "code_challenge_methods_supported": ["S256"],
        // OpenID Connect Discovery section 3 requires these two, and it is one document for both.
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "authorization_response_iss_parameter_supported": true,
    })
    .to_string()
    .into_bytes()
}
