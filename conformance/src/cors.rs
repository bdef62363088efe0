//! What a server lets scripts of other origins do (WHATWG Fetch, "HTTP CORS protocol").

use http::Method;

use crate::client::Request;
use crate::context::Context;
use crate::reply::Reply;

/// An origin that no server knows.
pub const FOREIGN: &str = "https://conformance.example";

/// What a script that speaks MCP with a token sends beyond what every script may.
const HEADERS: &str = "authorization,content-type,mcp-method,mcp-name,mcp-protocol-version";

/// The server's own origin: of all that it may let in, the likeliest.
pub fn own_origin(cx: &Context) -> String {
    cx.url().origin().ascii_serialization()
}

/// The bearing request without a token, as a script of this origin sends it.
pub fn anonymous(cx: &Context, origin: &str) -> Request {
    cx.bearing().header("origin", origin).purpose(format!("no token, Origin: {origin}"))
}

/// What a browser asks before a script of this origin may send a message with a token.
pub fn preflight(cx: &Context, origin: &str) -> Request {
    let request = Request { method: Method::OPTIONS, ..Request::get(cx.url().clone(), "") };
    let request = request.header("origin", origin).header("access-control-request-method", "POST");
    request.header("access-control-request-headers", HEADERS).purpose(format!("preflight, Origin: {origin}"))
}

/// Whether scripts of this origin may read the answer.
pub fn is_readable(reply: &Reply, origin: &str) -> bool {
    matches!(reply.header("access-control-allow-origin"), Some(allowed) if allowed == "*" || allowed == origin)
}

/// Whether scripts may read this header of an answer.
pub fn exposes(reply: &Reply, header: &str) -> bool {
    let values = reply.headers.get_all("access-control-expose-headers").iter();
    let listed = values.filter_map(|value| value.to_str().ok()).flat_map(|value| value.split(','));
    listed.map(str::trim).any(|listed| listed == "*" || listed.eq_ignore_ascii_case(header))
}
