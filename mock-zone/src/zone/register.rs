//! Dynamic client registration (RFC 7591).

/// How a client may authenticate at the token endpoint.
pub(super) const AUTHENTICATION_METHODS: [&str; 3] = ["none", "client_secret_basic", "client_secret_post"];
