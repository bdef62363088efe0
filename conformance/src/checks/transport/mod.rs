//! The MCP transport: what a server makes of headers, methods, sessions and messages, whoever sends them.
//!
//! None of these checks is about tokens. Each starts from a request that was served with a good one.

checks! {
    foreign_origin::ForeignOrigin,
    foreign_origin_status::ForeignOriginStatus,
    loopback_only::LoopbackOnly,
    method_header_missing::MethodHeaderMissing,
    method_header_differs::MethodHeaderDiffers,
    name_header_missing::NameHeaderMissing,
    name_header_differs::NameHeaderDiffers,
    name_header_encoded::NameHeaderEncoded,
    param_header::ParamHeader,
    version_header_missing::VersionHeaderMissing,
    version_header_differs::VersionHeaderDiffers,
    header_refusal::HeaderRefusal,
    header_name_case::HeaderNameCase,
    unsupported_version::UnsupportedVersion,
    invalid_version_header::InvalidVersionHeader,
    absent_version::AbsentVersion,
    version_negotiated::VersionNegotiated,
    missing_meta::MissingMeta,
    discover::Discover,
    unknown_method::UnknownMethod,
    malformed_message::MalformedMessage,
    error_id::ErrorId,
    reserved_error_codes::ReservedErrorCodes,
    result_type::ResultType,
    caching_hints::CachingHints,
    page_cache_scope::PageCacheScope,
    personal_results::PersonalResults,
    cache_scope_access::CacheScopeAccess,
    content_type::ContentType,
    notification_status::NotificationStatus,
    get_stream::GetStream,
    get_not_allowed::GetNotAllowed,
    delete_not_allowed::DeleteNotAllowed,
    allow::Allow,
    preflight::Preflight,
    session_id_characters::SessionIdCharacters,
    session_missing::SessionMissing,
    session_ended::SessionEnded,
    resumed_stream::ResumedStream,
    session_id_ignored::SessionIdIgnored,
    last_event_id_ignored::LastEventIdIgnored,
    connection_affinity::ConnectionAffinity,
    identity_per_request::IdentityPerRequest,
    tool_list_connection::ToolListConnection,
    stateless_mode::StatelessMode,
    endpoint_path::EndpointPath,
}

use http::{Method, StatusCode};
use serde_json::Value;

use crate::check::{Need, Stop, Verdict};
use crate::client::Request;
use crate::context::Context;
use crate::mcp::{self, Operation, Revision, Session};
use crate::reply::{Outcome, Reply};

/// A header that is missing, malformed or differs from the body (MCP 2026-07-28, "Server Validation").
const HEADER_MISMATCH: i64 = -32020;
/// JSON-RPC 2.0 section 5.1.
const INVALID_PARAMS: i64 = -32602;

/// The lists that a server may have: the capability, and the method that lists.
const LISTS: [(&str, &str); 4] = [
    ("tools", "tools/list"),
    ("prompts", "prompts/list"),
    ("resources", "resources/list"),
    ("resources", "resources/templates/list"),
];

/// Leaves where an answer comes from somewhere that has not looked at the message: a limit, a proxy, the token's check.
fn looked_at(reply: &Reply, what: &str) -> Verdict {
    let is_elsewhere = matches!(reply.status.as_u16(), 401 | 403 | 502..=504) || reply.status.is_redirection();
    if is_elsewhere || reply.is_in_front() {
        return Err(Stop::inconclusive(format!("{what} got {}, which is no verdict on it", reply.describe())));
    }
    Ok(())
}

/// Passes where the request was not carried out.
///
/// # Errors
/// A violation where it was; inconclusive where the server failed, or may not have looked at it.
fn expect_not_served(reply: &Reply, what: &str) -> Verdict {
    if reply.outcome() == Outcome::Served || reply.refuses_with_result() {
        return Err(Stop::violation(format!("a refusal of {what}"), reply.describe()));
    }
    looked_at(reply, what)?;
    if reply.status.is_server_error() {
        return Err(Stop::inconclusive(format!("{what} got {}, which is a failure and no refusal", reply.describe())));
    }
    Ok(())
}

/// Passes on this status with a JSON-RPC error of one of these codes.
///
/// # Errors
/// A violation on anything else; inconclusive where the server may not have looked at the message.
fn expect_error(reply: &Reply, what: &str, status: StatusCode, codes: &[i64]) -> Verdict {
    looked_at(reply, what)?;
    let code = reply.error_code();
    if reply.status == status && code.is_some_and(|code| codes.contains(&code)) {
        return Ok(());
    }
    let wanted: Vec<_> = codes.iter().map(i64::to_string).collect();
    let expected = format!("{} with JSON-RPC error {} for {what}", status.as_u16(), wanted.join(" or "));
    Err(Stop::violation(expected, with_code(reply)))
}

/// The answer in a few words, with the code of its JSON-RPC error.
fn with_code(reply: &Reply) -> String {
    match reply.error_code() {
        Some(code) => format!("{}, code {code}", reply.describe()),
        None => format!("{}, without a JSON-RPC error", reply.describe()),
    }
}

/// The bearing request with this token.
fn request(cx: &Context, token: &str) -> Request {
    cx.bearing().bearer(token)
}

/// The name of the tool that bears the checks in this revision.
///
/// # Errors
/// Not tested where none may be called.
fn bearing_tool(cx: &Context) -> Result<&str, Stop> {
    match cx.bearing_operation() {
        Operation::CallTool { name, .. } => Ok(name),
        _ => Err(Stop::NotTested { need: Need::DeclaredTool }),
    }
}

/// The version that the server names when it is asked to begin with this one, if it lets a client begin so. A session that
/// it opens is ended again.
async fn negotiate(cx: &Context, token: &str, version: &str) -> Result<(Reply, Option<String>), Stop> {
    let request = mcp::post(cx.url(), &Operation::Initialize, Revision::V2025_11_25, &Session::default());
    let request = request.bearer(token).message(|m| m["params"]["protocolVersion"] = version.into());
    let reply = cx.send(&request.purpose(format!("initialize, asking for {version}"))).await?;
    let named = reply.result().and_then(|result| result["protocolVersion"].as_str().map(str::to_owned));
    if let Some(id) = reply.session_id() {
        let session = Session { id: Some(id) };
        let spoken = named.as_deref().and_then(Revision::named).unwrap_or(Revision::V2025_11_25);
        let end = mcp::other(cx.url(), Method::DELETE, spoken, &session).bearer(token);
        let _ = cx.send(&end.purpose("the end of that session")).await;
    }
    Ok((reply, named))
}

/// Leaves where the server also speaks a revision that begins with `initialize`, for which other rules hold.
async fn of_this_revision_alone(cx: &Context, token: &str) -> Verdict {
    match negotiate(cx, token, Revision::V2025_11_25.name()).await? {
        (_, Some(older)) => {
            Err(Stop::not_applicable(format!("the server also speaks {}", crate::text::quoted(&older))))
        }
        (reply, None) => looked_at(&reply, "initialize"),
    }
}

/// An answer's result.
///
/// # Errors
/// Inconclusive where there is none.
async fn result_of(cx: &Context, operation: &Operation, token: &str) -> Result<Value, Stop> {
    let reply = cx.send(&cx.operation(operation).bearer(token)).await?;
    reply
        .result()
        .filter(|_| reply.status.is_success())
        .ok_or_else(|| Stop::inconclusive(format!("{} got {}", operation.describe(), reply.describe())))
}
