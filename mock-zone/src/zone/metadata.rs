//! Authorization server metadata (RFC 8414): only what works.

use std::sync::{Arc, Mutex, PoisonError};

use serde_json::json;

use super::algorithm::SigningAlgorithm;
use super::client_keys::ALGORITHMS;
use super::directory::{Grants, userinfo_resource};
use super::register::AUTHENTICATION_METHODS;
use super::{id_token, userinfo};
use crate::config::Issuer;

/// The document as last written: it changes with the keys' algorithms and with nothing else.
pub(super) struct Metadata(Mutex<Written>);

#[derive(Default)]
struct Written {
    algorithms: Vec<SigningAlgorithm>,
    document: Arc<[u8]>,
}

impl Metadata {
    pub(super) fn new() -> Self {
        Self(Mutex::default())
    }

    pub(super) fn document(
        &self,
        issuer: &Issuer,
        algorithms: Vec<SigningAlgorithm>,
        reads_client_documents: bool,
    ) -> Arc<[u8]> {
        // A thread that panicked left the document before or after it.
        let mut written = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if written.algorithms != algorithms {
            let document = document(issuer, &algorithms, reads_client_documents).into();
            *written = Written { algorithms, document };
        }
        Arc::clone(&written.document)
    }
}

/// The document that both well-known URLs serve, byte for byte the same, as the real service does.
fn document(issuer: &Issuer, algorithms: &[SigningAlgorithm], reads_client_documents: bool) -> Vec<u8> {
    json!({
        "issuer": issuer.as_str(),
        "authorization_endpoint": format!("{issuer}/oauth/2/authorize"),
        "token_endpoint": format!("{issuer}/oauth/2/token"),
        "registration_endpoint": format!("{issuer}/oauth/2/registration"),
        "jwks_uri": format!("{issuer}/openidconnect/jwks"),
        "userinfo_endpoint": userinfo_resource(issuer),
        // Those with a meaning to the zone itself; any other is granted too, as by the real zone. Without
        // `offline_access`: a refresh token needs none here, and clients that see it ask for it with prompt=consent.
        "scopes_supported": userinfo::SCOPES,
        "claims_supported": id_token::CLAIMS,
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "grant_types_supported": Grants::ALL.map(Grants::as_str),
        "token_endpoint_auth_methods_supported": AUTHENTICATION_METHODS,
        "token_endpoint_auth_signing_alg_values_supported": ALGORITHMS,
        "client_id_metadata_document_supported": reads_client_documents,
        "code_challenge_methods_supported": ["S256"],
        // OpenID Connect Discovery section 3 requires these two, and it is one document for both.
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": algorithms.iter().map(|each| each.as_str()).collect::<Vec<_>>(),
        // Left out, the second of these would mean true.
        "request_parameter_supported": false,
        "request_uri_parameter_supported": false,
        "authorization_response_iss_parameter_supported": true,
    })
    .to_string()
    .into_bytes()
}
