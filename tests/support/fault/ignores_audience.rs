//! Never looks at `aud`.

use super::Fault;

pub(super) const FAULT: Fault = Fault {
    name: "ignores-audience",
    breaks: &[
        "mcp-auth-audience-validated",
        "mcp-auth-audience-missing-rejected",
        "mcp-auth-only-own-resources",
        "rfc9068-4-aud",
        "rfc7519-4.1.3-aud-array",
    ],
    rules: |r| r.audience = |_, _, _| true,
    ..Fault::NONE
};
