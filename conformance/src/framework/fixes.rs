//! How a finding is mended in a framework: the option or line to change. Each option was read in the framework's source:
//! keycardai-fastmcp 0.7.1, keycardai-mcp 2.3.5, fastmcp 4.1.2 and 4.2.3, mcp 2.3.0, @modelcontextprotocol/sdk 1.32.2 with
//! jose 6.2.18, rmcp 3.11.0, and the repository of @keycardai/mcp, which the npm registry does not have.

use super::Framework::{
    self, Fastmcp, KeycardaiFastmcp, KeycardaiMcp, KeycardaiTypescript, PythonSdk, RustSdk, TypescriptSdk,
};

/// Checks that one change mends.
type Checks = &'static [&'static str];

/// A change, in frameworks where it is the same.
struct Fix {
    of: &'static [Framework],
    checks: Checks,
    text: &'static str,
}

const fn fix_of(of: &'static [Framework], checks: Checks, text: &'static str) -> Fix {
    Fix { of, checks, text }
}

/// What to change in this framework, where that is known.
pub fn fix(framework: Framework, check: &str) -> Option<&'static str> {
    FIXES.iter().find(|fix| fix.of.contains(&framework) && fix.checks.contains(&check)).map(|fix| fix.text)
}

/// Whether anybody's requests are served at all.
const OPEN: Checks = &[
    "no-token",
    "list-without-token",
    "initialize-without-token",
    "discover-without-token",
    "notification-without-token",
    "batch-without-token",
    "get-without-token",
    "delete-without-token",
    "head-without-token",
    "methods-without-token",
    "path-variants-without-token",
    "session-without-token",
    "processing-without-token",
    "older-revision-without-token",
];

/// Whether the audience is compared.
const AUDIENCE: Checks = &[
    "audience-other",
    "audience-missing",
    "audience-malformed",
    "audience-sibling",
    "audience-lookalike",
    "audience-array-other",
    "audience-letter-case",
    "audience-upstream",
    "audience-each-request",
    "audience-issuer",
    "audience-from-host",
    "other-tokens",
];

/// Whether a token needs any scope.
const SCOPES: Checks = &["scope-missing", "scope-fewer", "scope-lookalike", "scope-status", "scope-challenge"];

/// Whether the issuer and the signature are looked at.
const ISSUER: Checks = &["issuer-other", "issuer-missing", "issuer-spelling", "second-zone-token"];

/// Whether the signature is verified, by the keys of the issuer.
const SIGNATURE: Checks = &[
    "unsigned-token",
    "tampered-claims",
    "tampered-signature",
    "foreign-signature",
    "public-key-as-secret",
    "embedded-key",
    "garbage-token",
    "algorithm-list",
    "weak-algorithm",
];

/// Keys that change.
const ROTATION: Checks = &["key-rotation", "retired-key", "key-selection"];

/// What a key of the set says of itself.
const KEYS: Checks = &["short-rsa-key", "encryption-key", "key-of-other-algorithm"];

/// What the token's header says of its type.
const TYPE: Checks = &["token-type", "token-untyped", "other-jwts"];

/// Whether there is metadata, and a way to it.
const METADATA: Checks = &[
    "metadata-published",
    "metadata-path-inserted",
    "metadata-resource",
    "metadata-resource-exact",
    "metadata-resource-endpoint",
    "challenge-parameter",
    "challenge-metadata-url",
];

/// The slash that pydantic adds to a URL without a path.
const SLASH: Checks = &["metadata-issuers", "metadata-names-zone"];

/// What the claims must be, beside issuer and audience.
const CLAIMS: Checks = &["missing-exp", "required-claims", "exp-type", "claims-not-utf8", "expired-token"];

/// The change in a verifier that the program itself gives to the official Python SDK.
const OWN_VERIFIER: &str = "mcp verifies no token itself: mend `verify_token(token)` of the `token_verifier` that you give it, and return None";

/// The change in what stands in front of the official Rust SDK.
const LAYER_IN_FRONT: &str = "not possible in rmcp, which looks at no token and serves no metadata: mend the layer in front of it, and its routes";

/// Sessions that others may use, and that there are any.
const SESSIONS: Checks = &["session-other-user", "session-predictable", "session-id-bits", "stateless-mode"];

/// Web pages of others.
const ORIGIN: Checks = &["foreign-origin", "foreign-origin-status"];

const FIXES: &[Fix] = &[
    // keycardai-fastmcp
    fix_of(
        &[KeycardaiFastmcp],
        OPEN,
        "pass `auth=auth_provider.get_remote_auth_provider()` to `FastMCP(…)`, and mount nothing beside its app",
    ),
    fix_of(
        &[KeycardaiFastmcp],
        &["audience-issuer"],
        "`AuthProvider` puts the zone into its list of audiences and has no option for it; where the zone's tokens carry the \
         resource in `aud`, set `auth_provider.audience = f\"{auth_provider.mcp_base_url}mcp\"` before \
         `get_remote_auth_provider()`",
    ),
    fix_of(
        &[KeycardaiFastmcp],
        AUDIENCE,
        "`AuthProvider` compares `aud` with `<mcp_server_url>/mcp` by itself: hand its `get_remote_auth_provider()` to `FastMCP`, \
         not a verifier of your own without `audience`",
    ),
    fix_of(
        &[KeycardaiFastmcp],
        &["not-yet-valid-token"],
        "update fastmcp to 4.2.3 or newer, whose verifier compares `nbf`",
    ),
    fix_of(&[KeycardaiFastmcp], SCOPES, "`AuthProvider(…, required_scopes=[\"…\"])`"),
    fix_of(
        &[KeycardaiFastmcp],
        &["metadata-empty-values"],
        "`AuthProvider(…, required_scopes=[\"…\"])`, so that the list is not empty",
    ),
    fix_of(&[KeycardaiFastmcp], &["metadata-resource-name"], "`AuthProvider(…, mcp_server_name=\"…\")`"),
    fix_of(
        &[KeycardaiFastmcp],
        &["metadata-resource", "metadata-resource-exact", "metadata-resource-endpoint", "challenge-metadata-url"],
        "`AuthProvider(…, mcp_server_url=…)`, or the variable MCP_SERVER_URL, with the origin that clients use",
    ),
    fix_of(
        &[KeycardaiFastmcp],
        &[
            "missing-exp",
            "required-claims",
            "exp-type",
            "claims-not-utf8",
            "token-type",
            "token-untyped",
            "other-jwts",
            "short-rsa-key",
            "encryption-key",
            "key-of-other-algorithm",
        ],
        "not an option of keycardai-fastmcp: subclass `AuthProvider`, and let its `get_jwt_token_verifier()` return a subclass of \
         fastmcp's `JWTVerifier` whose `verify_token(token)` looks at this too, and returns None",
    ),
    // fastmcp
    fix_of(&[Fastmcp], OPEN, "pass `auth=` to `FastMCP(…)`: a `RemoteAuthProvider` around a `JWTVerifier`"),
    fix_of(
        &[Fastmcp],
        AUDIENCE,
        "`JWTVerifier(…, audience=f\"{server_url}/mcp\")`: without `audience` it is not compared",
    ),
    fix_of(&[Fastmcp], ISSUER, "`JWTVerifier(…, issuer=…)`, exactly as the authorization server's metadata has it"),
    fix_of(
        &[Fastmcp],
        SIGNATURE,
        "`JWTVerifier(jwks_uri=…)` in place of `StaticTokenVerifier`, `DebugTokenVerifier` or one of your own",
    ),
    fix_of(&[Fastmcp], SCOPES, "`JWTVerifier(…, required_scopes=[\"…\"])` for all, `@mcp.tool(auth=…)` for one tool"),
    fix_of(
        &[Fastmcp, KeycardaiFastmcp],
        ROTATION,
        "let `JWTVerifier` fetch keys: `jwks_uri=…` in place of `public_key=…`; `jwks_refresh_interval=…` says how soon it asks again",
    ),
    fix_of(&[Fastmcp], &["not-yet-valid-token"], "update to fastmcp 4.2.3 or newer, whose verifier compares `nbf`"),
    fix_of(
        &[Fastmcp],
        &["missing-exp", "required-claims", "exp-type", "claims-not-utf8", "token-type", "token-untyped", "other-jwts"],
        "not an option of `JWTVerifier`: subclass it, look at this in `verify_token(token)`, and return None",
    ),
    fix_of(
        &[Fastmcp],
        KEYS,
        "not possible in `JWTVerifier`, which keeps keys without what they say of themselves: give `RemoteAuthProvider` a \
         `token_verifier` of your own that verifies with the JWK set",
    ),
    fix_of(
        &[Fastmcp],
        METADATA,
        "wrap the verifier: `RemoteAuthProvider(token_verifier=…, authorization_servers=[…], base_url=…)`",
    ),
    fix_of(&[Fastmcp], &["metadata-resource-name"], "`RemoteAuthProvider(…, resource_name=\"…\")`"),
    fix_of(
        &[Fastmcp],
        &["metadata-empty-values"],
        "`RemoteAuthProvider(…, scopes_supported=[\"…\"])`, so that the list is not empty",
    ),
    fix_of(
        &[Fastmcp, KeycardaiFastmcp],
        SLASH,
        "not an option of fastmcp, where pydantic adds the slash: override `get_routes()` of `RemoteAuthProvider` and serve the \
         document yourself, or put a proxy in front that does",
    ),
    fix_of(
        &[Fastmcp, KeycardaiFastmcp],
        ORIGIN,
        "`mcp.run(transport=\"http\", host_origin_protection=True, allowed_origins=[…])`, or \
         FASTMCP_HTTP_HOST_ORIGIN_PROTECTION=true; it is off by default",
    ),
    fix_of(
        &[Fastmcp, KeycardaiFastmcp],
        SESSIONS,
        "`mcp.run(transport=\"http\", stateless_http=True)`, so that there are no sessions",
    ),
    fix_of(
        &[Fastmcp, KeycardaiFastmcp],
        &["doubled-credentials", "metadata-cache"],
        "not an option of fastmcp: `mcp.run(…, middleware=[Middleware(…)])` takes an ASGI middleware of starlette that does it",
    ),
    // keycardai-mcp
    fix_of(
        &[KeycardaiMcp],
        OPEN,
        "serve `auth_provider.app(mcp)` alone: `mcp.streamable_http_app()` has no protection of its own",
    ),
    fix_of(
        &[KeycardaiMcp],
        AUDIENCE,
        "`AuthProvider(…, audience=f\"{server_url}/mcp\")`: without `audience` it is not compared",
    ),
    fix_of(&[KeycardaiMcp], SCOPES, "`AuthProvider(…, required_scopes=[\"…\"])`"),
    fix_of(
        &[KeycardaiMcp],
        ISSUER,
        "`AuthProvider(zone_url=…)` with the zone's issuer, and not `enable_multi_zone` for one zone",
    ),
    fix_of(
        &[KeycardaiMcp],
        &[
            "missing-exp",
            "required-claims",
            "exp-type",
            "claims-not-utf8",
            "not-yet-valid-token",
            "token-type",
            "token-untyped",
            "other-jwts",
            "garbage-token-crash",
            "unknown-header-parameter",
            "short-rsa-key",
            "encryption-key",
            "key-of-other-algorithm",
        ],
        "not an option of keycardai-mcp: subclass `AuthProvider`, and let its `get_token_verifier()` return a `TokenVerifier` whose \
         `verify_token(token)` looks at this as well",
    ),
    fix_of(
        &[KeycardaiMcp],
        &["retired-key"],
        "not an option of keycardai-mcp, which keeps each key for five minutes: wait as long after a rotation, or start it anew",
    ),
    fix_of(
        &[KeycardaiMcp],
        &[
            "metadata-issuers",
            "metadata-names-zone",
            "metadata-unknown-path",
            "metadata-resource-name",
            "metadata-cache",
            "challenge-without-credentials",
            "doubled-credentials",
        ],
        "not an option of keycardai-mcp: `auth_provider.app(mcp, middleware=[Middleware(…)])` takes a middleware of starlette \
         that answers in its place",
    ),
    fix_of(
        &[KeycardaiMcp],
        SESSIONS,
        "serve `Starlette(routes=auth_provider.get_mcp_router(mcp.streamable_http_app(stateless_http=True)))` with the session \
         manager's `run()` in its lifespan, in place of `auth_provider.app(mcp)`",
    ),
    fix_of(
        &[KeycardaiMcp],
        ORIGIN,
        "serve `Starlette(routes=auth_provider.get_mcp_router(mcp.streamable_http_app(transport_security=\
         TransportSecuritySettings(allowed_hosts=[…], allowed_origins=[…]))))`, with the session manager's `run()` in its lifespan, \
         in place of `auth_provider.app(mcp)`",
    ),
    // The official Python SDK
    fix_of(
        &[PythonSdk],
        OPEN,
        "give `MCPServer` (in mcp 1 `FastMCP`) both `auth=AuthSettings(…)` and `token_verifier=…`, and serve its \
         `streamable_http_app()`",
    ),
    fix_of(
        &[PythonSdk],
        AUDIENCE,
        "`AuthSettings(…, resource_server_url=…, validate_token_resource=True)`, and have the verifier return the token's `aud` \
         as `AccessToken(resource=…)`; or compare it in the verifier",
    ),
    fix_of(&[PythonSdk], SCOPES, "`AuthSettings(…, required_scopes=[\"…\"])`"),
    fix_of(
        &[PythonSdk],
        &["metadata-empty-values"],
        "`AuthSettings(…, required_scopes=[\"…\"])`, so that `scopes_supported` is not empty",
    ),
    fix_of(
        &[PythonSdk],
        &[
            "metadata-published",
            "metadata-path-inserted",
            "metadata-resource",
            "metadata-resource-exact",
            "metadata-resource-endpoint",
            "challenge-parameter",
            "challenge-metadata-url",
        ],
        "`AuthSettings(…, resource_server_url=…)` with the endpoint's URL, path included",
    ),
    fix_of(
        &[PythonSdk],
        SLASH,
        "not an option of mcp, where pydantic adds the slash: put a route for the document in front of the app",
    ),
    fix_of(
        &[PythonSdk],
        ORIGIN,
        "`mcp.streamable_http_app(transport_security=TransportSecuritySettings(allowed_hosts=[…], allowed_origins=[…]))`; beyond \
         loopback it is off by default",
    ),
    fix_of(
        &[PythonSdk],
        SESSIONS,
        "`mcp.streamable_http_app(stateless_http=True)`, or have the verifier return `subject` and `client_id`, by which sessions \
         are bound",
    ),
    fix_of(
        &[PythonSdk],
        &["challenge-without-credentials", "doubled-credentials", "metadata-cache"],
        "not an option of mcp: wrap `streamable_http_app()` in a middleware of starlette that answers in its place",
    ),
    fix_of(&[PythonSdk], ISSUER, OWN_VERIFIER),
    fix_of(&[PythonSdk], SIGNATURE, OWN_VERIFIER),
    fix_of(&[PythonSdk], ROTATION, OWN_VERIFIER),
    fix_of(&[PythonSdk], KEYS, OWN_VERIFIER),
    fix_of(&[PythonSdk], TYPE, OWN_VERIFIER),
    fix_of(&[PythonSdk], CLAIMS, OWN_VERIFIER),
    fix_of(&[PythonSdk], &["not-yet-valid-token", "garbage-token-crash"], OWN_VERIFIER),
    // @keycardai/mcp
    fix_of(
        &[KeycardaiTypescript],
        OPEN,
        "put `requireBearerAuth({ issuers, audiences })` in front of every route of the endpoint: `app.all(\"/mcp\", …)`",
    ),
    fix_of(
        &[KeycardaiTypescript],
        AUDIENCE,
        "`requireBearerAuth({ issuers, audiences: \"https://…/mcp\" })`: without `audiences` it is not compared with your own",
    ),
    fix_of(&[KeycardaiTypescript], SCOPES, "`requireBearerAuth({ …, requiredScopes: [\"…\"] })`"),
    fix_of(
        &[KeycardaiTypescript],
        ISSUER,
        "`requireBearerAuth({ issuers: \"…\" })`, exactly as the zone's metadata has it",
    ),
    fix_of(
        &[KeycardaiTypescript],
        &[
            "token-type",
            "token-untyped",
            "other-jwts",
            "required-claims",
            "critical-parameter",
            "short-rsa-key",
            "key-of-other-algorithm",
        ],
        "not an option of @keycardai/mcp: `requireBearerAuth({ verifier })` takes one of your own that wraps \
         `JWTOAuthTokenVerifier`, looks at this in `verifyAccessToken(token)`, and throws its `InvalidTokenError`",
    ),
    // The official TypeScript SDK
    fix_of(
        &[TypescriptSdk],
        OPEN,
        "put `requireBearerAuth({ verifier, … })` in front of every route of the endpoint: `app.all(\"/mcp\", …)`",
    ),
    fix_of(
        &[TypescriptSdk],
        AUDIENCE,
        "compare in the verifier, `jwtVerify(token, keys, { issuer, audience: \"https://…/mcp\" })` with jose; or return the token's \
         audience as `resource` and pass `expectedResource` to `requireBearerAuth`",
    ),
    fix_of(&[TypescriptSdk], SCOPES, "`requireBearerAuth({ …, requiredScopes: [\"…\"] })`"),
    fix_of(&[TypescriptSdk], ISSUER, "`jwtVerify(token, keys, { issuer: \"…\" })` in the verifier, with jose"),
    fix_of(
        &[TypescriptSdk],
        SIGNATURE,
        "`jwtVerify(token, createRemoteJWKSet(new URL(jwks_uri)), { algorithms: [\"RS256\"] })` in the verifier, never `decodeJwt`",
    ),
    fix_of(
        &[TypescriptSdk],
        TYPE,
        "`jwtVerify(token, keys, { …, typ: \"at+jwt\" })` in the verifier, where your zone's tokens are of that type",
    ),
    fix_of(
        &[TypescriptSdk],
        &["required-claims", "missing-exp"],
        "`jwtVerify(token, keys, { …, requiredClaims: [\"exp\", \"sub\", \"client_id\", \"iat\", \"jti\"] })` in the verifier",
    ),
    fix_of(
        &[TypescriptSdk],
        ROTATION,
        "make `createRemoteJWKSet(url, { cooldownDuration, cacheMaxAge })` once, when the server starts, and let it fetch keys",
    ),
    fix_of(
        &[TypescriptSdk],
        &["metadata-of-other-issuer"],
        "after fetching the zone's metadata, stop unless `metadata.issuer` is the zone's URL, before `jwks_uri` is used",
    ),
    fix_of(
        &[TypescriptSdk],
        &[
            "challenge-grammar",
            "challenge-error-characters",
            "challenge-invalid-token",
            "older-challenge-names-metadata",
        ],
        "`requireBearerAuth` puts the error's message between quotes as it is: in the verifier throw \
         `new InvalidTokenError(error.message.replaceAll('\"', \"'\"))`",
    ),
    fix_of(
        &[TypescriptSdk],
        &["challenge-parameter", "challenge-metadata-url"],
        "`requireBearerAuth({ …, resourceMetadataUrl: getOAuthProtectedResourceMetadataUrl(new URL(\"https://…/mcp\")) })`",
    ),
    fix_of(
        &[TypescriptSdk],
        METADATA,
        "`app.use(mcpAuthMetadataRouter({ oauthMetadata, resourceServerUrl: new URL(\"https://…/mcp\") }))`, with the endpoint's URL",
    ),
    fix_of(&[TypescriptSdk], &["metadata-resource-name"], "`mcpAuthMetadataRouter({ …, resourceName: \"…\" })`"),
    fix_of(&[TypescriptSdk], &["metadata-scopes"], "`mcpAuthMetadataRouter({ …, scopesSupported: [\"…\"] })`"),
    fix_of(
        &[TypescriptSdk],
        &["challenge-without-credentials", "trailing-word", "doubled-credentials", "malformed-credentials-status"],
        "not an option of `requireBearerAuth`: put a middleware in front that answers where `req.headersDistinct.authorization` is \
         not exactly one `Bearer` and one token",
    ),
    fix_of(
        &[TypescriptSdk],
        &["metadata-cache"],
        "not an option of `mcpAuthMetadataRouter`: put `app.use(\"/.well-known\", …)` with `res.set(\"Cache-Control\", …)` before it",
    ),
    fix_of(
        &[TypescriptSdk, KeycardaiTypescript],
        ORIGIN,
        "`new StreamableHTTPServerTransport({ …, enableDnsRebindingProtection: true, allowedHosts: […], allowedOrigins: […] })`; it \
         is off by default",
    ),
    fix_of(
        &[TypescriptSdk, KeycardaiTypescript],
        SESSIONS,
        "`sessionIdGenerator: undefined` for no sessions; else keep the user beside each id (made by `randomUUID()`), and compare",
    ),
    fix_of(
        &[TypescriptSdk, KeycardaiTypescript],
        &["get-stream", "get-not-allowed", "delete-not-allowed", "method-allow"],
        "route every method to the transport, `app.all(\"/mcp\", …)`, or answer 405 with `Allow: POST` yourself",
    ),
    fix_of(
        &[TypescriptSdk, KeycardaiTypescript],
        &["refusal-internals"],
        "set NODE_ENV=production, or end with an error handler of your own: `app.use((err, req, res, next) => …)`",
    ),
    // The official Rust SDK
    fix_of(
        &[RustSdk],
        ORIGIN,
        "`StreamableHttpServerConfig::default().enforce_origin_validation()`, with `.with_allowed_origins(…)` for those that may; it \
         is off by default",
    ),
    fix_of(
        &[RustSdk],
        SESSIONS,
        "`.with_legacy_session_mode(false)` for no sessions; rmcp keeps them by their id alone, so else keep the user beside it in \
         the layer in front, and compare",
    ),
    fix_of(
        &[RustSdk],
        OPEN,
        "rmcp looks at no token: put a layer that verifies them around the router that `StreamableHttpService` is nested in",
    ),
    fix_of(
        &[RustSdk],
        &["not-yet-valid-token"],
        "rmcp looks at no token; in the layer in front, with jsonwebtoken, set `validate_nbf = true` in its `Validation`",
    ),
    fix_of(&[RustSdk], AUDIENCE, LAYER_IN_FRONT),
    fix_of(&[RustSdk], ISSUER, LAYER_IN_FRONT),
    fix_of(&[RustSdk], SIGNATURE, LAYER_IN_FRONT),
    fix_of(&[RustSdk], ROTATION, LAYER_IN_FRONT),
    fix_of(&[RustSdk], KEYS, LAYER_IN_FRONT),
    fix_of(&[RustSdk], TYPE, LAYER_IN_FRONT),
    fix_of(&[RustSdk], CLAIMS, LAYER_IN_FRONT),
    fix_of(
        &[RustSdk],
        &[
            "critical-parameter",
            "scheme-letter-case",
            "scope-missing",
            "scope-fewer",
            "scope-lookalike",
            "scope-status",
            "scope-challenge",
            "doubled-credentials",
            "challenge-parameter",
            "metadata-published",
            "metadata-cache",
            "challenge-without-credentials",
            "trailing-word",
        ],
        LAYER_IN_FRONT,
    ),
    // All
    fix_of(
        &[Fastmcp, KeycardaiFastmcp, KeycardaiMcp, PythonSdk, TypescriptSdk, KeycardaiTypescript, RustSdk],
        &["audience-upper-case"],
        "`aud` is compared as a string, which suffices unless your authorization server writes scheme or host in capitals",
    ),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks;

    #[test]
    fn every_fix_is_of_checks_that_there_are() {
        for fix in FIXES {
            for check in fix.checks {
                assert!(checks::find(check).is_some(), "{check} is no check: {}", fix.text);
            }
            assert!(!fix.text.contains("  ") && !fix.text.ends_with('.'), "{}", fix.text);
        }
    }

    #[test]
    fn the_nearest_fix_comes_first() {
        let text = |framework, check| fix(framework, check).unwrap_or_default();
        assert!(text(KeycardaiFastmcp, "audience-issuer").contains("auth_provider.audience"));
        assert!(text(Fastmcp, "audience-issuer").contains("JWTVerifier(…, audience="));
        assert!(text(KeycardaiMcp, "audience-other").contains("AuthProvider(…, audience="));
        assert!(text(TypescriptSdk, "challenge-metadata-url").contains("resourceMetadataUrl"));
        assert!(text(RustSdk, "foreign-origin").contains("enforce_origin_validation"));
        assert_eq!(fix(RustSdk, "reserved-error-codes"), None);
    }

    /// What servers of each framework were found to break (`ci/interop-servers`).
    #[test]
    fn there_is_a_fix_for_each_finding_on_a_real_server() {
        let pinned = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../ci/interop-servers");
        for (server, framework) in [
            ("python-guide", KeycardaiFastmcp),
            ("python-fastmcp-jwt", Fastmcp),
            ("python-keycard-mcp", KeycardaiMcp),
            ("python-keycard-mcp-audience", KeycardaiMcp),
            ("typescript-guide", TypescriptSdk),
            ("rust-rmcp", RustSdk),
        ] {
            let verdicts =
                std::fs::read_to_string(pinned.join(server).join("expected-verdicts.txt")).expect("verdicts");
            let broken = |line: &&str| line.ends_with(" fail") || line.ends_with(" warn") || line.ends_with(" info");
            for check in verdicts.lines().filter(broken).filter_map(|line| line.split(' ').next()) {
                assert!(fix(framework, check).is_some(), "{server}: {check}");
            }
        }
    }
}
