//! An answer of the server under test, and what may be concluded from it.

use std::net::SocketAddr;
use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use http::header::{CONTENT_TYPE, WWW_AUTHENTICATE};
use http::{HeaderMap, StatusCode};
use serde_json::Value;

use crate::challenge::{self, Challenge};
use crate::check::{Stop, Verdict};
use crate::text::quoted;
use crate::transcript::Exchange;

/// An HTTP answer, its body read up to a bound.
#[derive(Debug, Clone)]
pub struct Reply {
    /// Status code.
    pub status: StatusCode,
    /// Headers as they came.
    pub headers: HeaderMap,
    /// Body, as far as it was read.
    pub body: Vec<u8>,
    /// Whether the body went on, or broke off.
    pub cut_short: bool,
    /// From the request's start to the end of the answer.
    pub duration: Duration,
    /// Whether the stream that brought it went on for longer than was waited, so that its connection was given up.
    pub left_open: bool,
    /// Our end of the connection that it came over: what tells one connection from another.
    pub connection: Option<SocketAddr>,
    /// The same as evidence.
    pub exchange: Arc<Exchange>,
    rpc_id: Option<Value>,
}

/// How [`Reply::describe`] says that a request was carried out.
pub const SERVED: &str = "with a result: the request was served";

/// What an answer says about the request's credentials.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// The request was carried out: a JSON-RPC result, or 202 for a notification.
    Served,
    /// 2xx, but a JSON-RPC error, a tool's error, or nothing that can be read as either.
    NotServedIn2xx,
    /// 401.
    Unauthorized,
    /// 403.
    Forbidden,
    /// 5xx: the server failed, which is no verdict on a token.
    ServerError,
    /// Any other status: no verdict on a token either (a guard for hosts, a limit, the transport).
    NoVerdict,
}

impl Reply {
    pub(crate) fn new(status: StatusCode, headers: HeaderMap, rpc_id: Option<Value>) -> Self {
        let exchange = Arc::new(Exchange {
            purpose: String::new(),
            request: String::new(),
            request_headers: Vec::new(),
            request_body: String::new(),
            status: None,
            error: None,
            response_headers: Vec::new(),
            response_body: String::new(),
            duration_ms: 0,
        });
        Self {
            status,
            headers,
            body: Vec::new(),
            cut_short: false,
            left_open: false,
            duration: Duration::ZERO,
            connection: None,
            exchange,
            rpc_id,
        }
    }

    /// The body as JSON.
    pub fn json(&self) -> Option<Value> {
        serde_json::from_slice(&self.body).ok()
    }

    /// A header's value as text, if there is exactly that.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|v| v.to_str().ok())
    }

    /// The session that the answer opens. An id that no server would read in a header of a request opens none.
    pub fn session_id(&self) -> Option<String> {
        const AT_MOST: usize = 8 * 1024;
        self.header("mcp-session-id").filter(|id| id.len() <= AT_MOST).map(str::to_owned)
    }

    /// The media type without parameters, in lower case.
    pub fn media_type(&self) -> String {
        let value = self.headers.get(CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or_default();
        value.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
    }

    /// Every JSON-RPC message of the answer, from a JSON body, a batch or an event stream.
    pub fn messages(&self) -> Vec<Value> {
        if self.media_type() == "text/event-stream" {
            messages_of(events(after_mark(&self.body))).collect()
        } else {
            messages_of(self.json().into_iter()).collect()
        }
    }

    /// The ids of the events of a stream, in the order in which they came, as far as a header can hold them.
    pub fn event_ids(&self) -> Vec<String> {
        if self.media_type() != "text/event-stream" {
            return Vec::new();
        }
        let text = String::from_utf8_lossy(&self.body).replace('\r', "\n");
        let ids = text.lines().filter_map(|line| line.strip_prefix("id:"));
        let ids = ids.map(|id| id.strip_prefix(' ').unwrap_or(id).to_owned());
        ids.filter(|id| !id.is_empty() && id.bytes().all(|byte| (b' '..=b'~').contains(&byte))).collect()
    }

    /// The JSON-RPC message that answers the request.
    pub fn message(&self) -> Option<Value> {
        self.messages().into_iter().find(|message| self.is_answer(message))
    }

    /// Whether one of these events of the body answers the request.
    pub(crate) fn is_answered_in(&self, range: Range<usize>) -> bool {
        let begins = range.start == 0;
        let bytes = self.body.get(range).unwrap_or_default();
        let bytes = if begins { after_mark(bytes) } else { bytes };
        messages_of(events(bytes)).any(|message| self.is_answer(&message))
    }

    fn is_answer(&self, message: &Value) -> bool {
        let is_answer = message.get("result").is_some() || message.get("error").is_some();
        is_answer && self.rpc_id.as_ref().is_none_or(|id| message["id"] == *id || message["id"].is_null())
    }

    /// What the server asks of its client in the answer: the JSON-RPC requests among its messages.
    pub fn requests(&self) -> impl Iterator<Item = Value> {
        self.messages().into_iter().filter(|message| message["method"].is_string() && !message["id"].is_null())
    }

    /// The code of the JSON-RPC error that answers the request.
    pub fn error_code(&self) -> Option<i64> {
        self.message()?["error"]["code"].as_i64()
    }

    /// The `result` of the JSON-RPC answer.
    pub fn result(&self) -> Option<Value> {
        self.message().and_then(|mut m| m.get_mut("result").map(Value::take))
    }

    /// What the answer says about the request's credentials.
    pub fn outcome(&self) -> Outcome {
        match self.status {
            StatusCode::UNAUTHORIZED => Outcome::Unauthorized,
            StatusCode::FORBIDDEN => Outcome::Forbidden,
            s if s.is_server_error() => Outcome::ServerError,
            s if s.is_success() => self.outcome_in_success(),
            _ => Outcome::NoVerdict,
        }
    }

    fn outcome_in_success(&self) -> Outcome {
        if self.rpc_id.is_none() {
            // A notification, a stream: 2xx is all there is to see, but a page is neither.
            return if self.media_type() == "text/html" { Outcome::NotServedIn2xx } else { Outcome::Served };
        }
        if self.carries_result() { Outcome::Served } else { Outcome::NotServedIn2xx }
    }

    /// Whether it says no, or that the server failed, and carries the result of what was asked: then the request was
    /// carried out all the same. A result is one under whatever id it comes, and what is no JSON-RPC can hold it too.
    pub fn refuses_with_result(&self) -> bool {
        let says_no = self.status.is_client_error() || self.status.is_server_error();
        says_no
            && self.rpc_id.is_some()
            && (self.messages().iter().any(holds_result) || self.json().is_some_and(|body| is_tool_result(&body)))
    }

    /// Whether the answer is the result of what was asked; a tool's error is none.
    fn carries_result(&self) -> bool {
        self.rpc_id.is_some() && self.result().is_some_and(|result| result.get("isError") != Some(&Value::Bool(true)))
    }

    /// Whether a layer in front turned the request away, whatever its token: too slow, too much, the wrong host.
    pub fn is_in_front(&self) -> bool {
        matches!(self.status.as_u16(), 408 | 413 | 421 | 429 | 431)
    }

    /// Status and kind of answer in a few words.
    pub fn describe(&self) -> String {
        let status = self.status.as_u16();
        if self.refuses_with_result() {
            return format!("{status} with the result of what it refuses");
        }
        match self.outcome() {
            Outcome::Served if self.rpc_id.is_some() => format!("{status} {SERVED}"),
            Outcome::NotServedIn2xx => match self.message() {
                Some(m) if m.get("error").is_some() => {
                    let text = m["error"]["message"].as_str().unwrap_or_default();
                    format!("{status} with JSON-RPC error {}", quoted(text))
                }
                Some(_) => format!("{status} with a tool's error"),
                None => format!("{status} without a JSON-RPC answer"),
            },
            _ => match self.status.canonical_reason() {
                Some(reason) => format!("{status} {reason}"),
                None => status.to_string(),
            },
        }
    }

    /// All challenges of the answer, from every `WWW-Authenticate` field.
    ///
    /// # Errors
    /// A violation that quotes the first field which does not follow the grammar.
    pub fn challenges(&self) -> Result<Vec<Challenge>, Stop> {
        let mut all = Vec::new();
        for value in self.headers.get_all(WWW_AUTHENTICATE) {
            let text = String::from_utf8_lossy(value.as_bytes());
            let parsed = challenge::parse(&text).map_err(|e| {
                Stop::violation(
                    "WWW-Authenticate that follows the grammar of RFC 9110",
                    format!("{}: {e}", quoted(&text)),
                )
            })?;
            all.extend(parsed);
        }
        Ok(all)
    }

    /// The first challenge with the Bearer scheme, leaving out fields that cannot be read.
    pub fn bearer_challenge(&self) -> Option<Challenge> {
        let values = self.headers.get_all(WWW_AUTHENTICATE).iter();
        values
            .filter_map(|v| challenge::parse(&String::from_utf8_lossy(v.as_bytes())).ok())
            .flatten()
            .find(|c| c.is("Bearer"))
    }

    /// Passes where the request was not carried out because of its token.
    ///
    /// 401 and 403 are refusals (which of the two is right is a check of its own). Other statuses come from layers
    /// that have not looked at the token, so they prove nothing.
    ///
    /// # Errors
    /// A violation where the request was served, else inconclusive.
    pub fn expect_refused(&self) -> Verdict {
        match self.outcome() {
            _ if self.refuses_with_result() => Err(Stop::violation("401, the request not served", self.describe())),
            Outcome::Unauthorized | Outcome::Forbidden => Ok(()),
            Outcome::Served => Err(Stop::violation("401, the request not served", self.describe())),
            Outcome::NotServedIn2xx | Outcome::ServerError | Outcome::NoVerdict => {
                Err(Stop::inconclusive(format!("the answer was {}, which is no verdict on the token", self.describe())))
            }
        }
    }

    /// Passes where the request was carried out.
    ///
    /// # Errors
    /// A violation where the token was refused, else inconclusive.
    pub fn expect_served(&self) -> Verdict {
        match self.outcome() {
            Outcome::Served => Ok(()),
            Outcome::Unauthorized | Outcome::Forbidden => Err(Stop::violation("the request served", self.describe())),
            Outcome::NotServedIn2xx | Outcome::ServerError | Outcome::NoVerdict => {
                Err(Stop::inconclusive(format!("the answer was {}, which is no verdict on the token", self.describe())))
            }
        }
    }

    /// Passes on exactly this status.
    ///
    /// # Errors
    /// A violation that names what came.
    pub fn expect_status(&self, status: StatusCode) -> Verdict {
        if self.status == status {
            return Ok(());
        }
        let expected = format!("{} {}", status.as_u16(), status.canonical_reason().unwrap_or_default());
        Err(Stop::violation(expected.trim(), self.describe()))
    }
}

/// Whether a message holds what a request came to, be it beside an error; a tool's error is none.
fn holds_result(message: &Value) -> bool {
    let result = &message["result"];
    let data = &message["error"]["data"];
    (result.is_object() && result["isError"] != true) || is_tool_result(data) || is_tool_result(&data["result"])
}

/// Whether this is what a tool gives (MCP, `CallToolResult`), and no error.
fn is_tool_result(value: &Value) -> bool {
    let content = value["content"].as_array().map(Vec::as_slice).unwrap_or_default();
    value["isError"] != true && content.iter().any(|block| block["type"].is_string())
}

/// The JSON-RPC messages among these values, batches taken apart.
fn messages_of(whole: impl Iterator<Item = Value>) -> impl Iterator<Item = Value> {
    let each = whole.flat_map(|value| match value {
        Value::Array(batch) => batch,
        one => vec![one],
    });
    each.filter(|message| message["jsonrpc"] == "2.0")
}

/// Finds where the events of a stream end, each byte looked at once: a stream of a million events in as many pieces would
/// else be read a million times.
#[derive(Debug, Default)]
pub(crate) struct EventEnds {
    /// How much was looked at, and how much of that is whole events that were told of.
    seen: usize,
    told: usize,
    event_has_begun: bool,
    line_has_begun: bool,
    after_carriage_return: bool,
}

impl EventEnds {
    /// The events that this piece of the stream brings to their end, as a range of the whole.
    pub(crate) fn after(&mut self, piece: &[u8]) -> Option<Range<usize>> {
        let mut end = None;
        for byte in piece {
            self.seen += 1;
            // CR LF is one line break.
            let goes_on = std::mem::replace(&mut self.after_carriage_return, *byte == b'\r') && *byte == b'\n';
            if goes_on {
                continue;
            }
            let is_break = matches!(byte, b'\r' | b'\n');
            if is_break && !self.line_has_begun && self.event_has_begun {
                end = Some(self.seen);
            }
            self.event_has_begun = !is_break || self.event_has_begun && end != Some(self.seen);
            self.line_has_begun = !is_break;
        }
        let end = end?;
        Some(std::mem::replace(&mut self.told, end)..end)
    }
}

/// The stream without the byte order mark that it may begin with.
fn after_mark(stream: &[u8]) -> &[u8] {
    stream.strip_prefix("\u{feff}".as_bytes()).unwrap_or(stream)
}

/// The JSON messages of an event stream (WHATWG HTML, "server-sent events"), as far as it was read.
fn events(body: &[u8]) -> impl Iterator<Item = Value> {
    let text = String::from_utf8_lossy(body).replace("\r\n", "\n").replace('\r', "\n");
    let blocks: Vec<String> = text
        .split_inclusive("\n\n")
        .filter(|block| block.ends_with("\n\n"))
        .map(|block| {
            let data = block.lines().filter_map(|line| line.strip_prefix("data:"));
            data.map(|d| d.strip_prefix(' ').unwrap_or(d)).collect::<Vec<_>>().join("\n")
        })
        .collect();
    blocks.into_iter().filter_map(|data| serde_json::from_str(&data).ok())
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;
    use crate::any_input;
    use crate::mangled::mangled;

    const MESSAGES: &[&str] = &[
        include_str!("../fuzz/seeds/message/1"),
        include_str!("../fuzz/seeds/message/2"),
        include_str!("../fuzz/seeds/message/3"),
    ];
    const STREAMS: &[&str] = &[
        include_str!("../fuzz/seeds/stream/1"),
        include_str!("../fuzz/seeds/stream/2"),
        include_str!("../fuzz/seeds/stream/3"),
    ];

    proptest! {
        #[test]
        fn any_body_is_described_in_one_plain_line(bytes in mangled(MESSAGES), status in 100_u16..600) {
            any_input::message(&bytes, StatusCode::from_u16(status).unwrap());
        }

        #[test]
        fn a_stream_is_answered_alike_however_it_is_cut_up(bytes in mangled(STREAMS), size in 1_usize..50) {
            any_input::stream(&bytes, size);
        }
    }

    fn reply(status: u16, content_type: &str, body: &str) -> Reply {
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_TYPE, HeaderValue::from_str(content_type).unwrap());
        let mut reply = Reply::new(StatusCode::from_u16(status).unwrap(), headers, Some(json!(7)));
        reply.body = body.as_bytes().to_vec();
        reply
    }

    #[test]
    fn only_a_result_counts_as_served() {
        let outcome = |status, body: &str| reply(status, "application/json", body).outcome();
        assert_eq!(outcome(200, r#"{"jsonrpc":"2.0","id":7,"result":{}}"#), Outcome::Served);
        assert_eq!(outcome(200, r#"{"jsonrpc":"2.0","id":7,"result":{"isError":true}}"#), Outcome::NotServedIn2xx);
        assert_eq!(
            outcome(200, r#"{"jsonrpc":"2.0","id":7,"error":{"code":1,"message":"m"}}"#),
            Outcome::NotServedIn2xx
        );
        assert_eq!(outcome(200, r#"{"jsonrpc":"2.0","id":8,"result":{}}"#), Outcome::NotServedIn2xx);
        assert_eq!(outcome(200, "<html>sign in</html>"), Outcome::NotServedIn2xx);
        assert_eq!(outcome(200, r#"{"id":7,"result":{}}"#), Outcome::NotServedIn2xx);
        assert_eq!(outcome(401, ""), Outcome::Unauthorized);
        assert_eq!(outcome(429, ""), Outcome::NoVerdict);
        assert_eq!(outcome(503, ""), Outcome::ServerError);
    }

    #[test]
    fn a_refusal_that_carries_the_result_is_none() {
        let refused = |status, body: &str| reply(status, "application/json", body).expect_refused();
        let result = r#"{"jsonrpc":"2.0","id":7,"result":{}}"#;
        assert!(matches!(refused(401, result), Err(Stop::Violation { .. })));
        assert!(matches!(refused(403, result), Err(Stop::Violation { .. })));
        assert!(refused(401, r#"{"jsonrpc":"2.0","id":7,"error":{"code":1,"message":"m"}}"#).is_ok());
        assert!(refused(403, r#"{"jsonrpc":"2.0","id":7,"result":{"isError":true}}"#).is_ok());
        let content = r#""content":[{"type":"text","text":"x"}]"#;
        for result in [
            r#"{"jsonrpc":"2.0","id":"7","result":{}}"#,
            r#"[{"jsonrpc":"2.0","id":7,"error":{"code":1,"message":"m"}},{"jsonrpc":"2.0","id":7,"result":{}}]"#,
            &format!(r#"{{"jsonrpc":"2.0","id":7,"error":{{"code":1,"message":"m","data":{{{content}}}}}}}"#),
            &format!("{{{content}}}"),
        ] {
            assert!(matches!(refused(401, result), Err(Stop::Violation { .. })), "{result}");
        }
        for none in [
            r#"{"result":"error","message":"no token"}"#,
            r#"{"success":false,"result":null,"errors":[]}"#,
            r#"{"error":"invalid_token","content":["a"]}"#,
            r#"{"jsonrpc":"2.0","id":null,"error":{"code":1,"message":"m","data":{"scope":"a"}}}"#,
        ] {
            assert!(refused(401, none).is_ok(), "{none}");
        }
    }

    #[test]
    fn an_event_stream_is_read_up_to_the_answer() {
        let body = "event: message\r\ndata: {\"jsonrpc\":\"2.0\",\"method\":\"notifications/x\"}\r\n\r\n\
                    data: {\"jsonrpc\":\"2.0\",\r\ndata: \"id\":7,\"result\":{\"a\":1}}\r\n\r\n";
        assert_eq!(reply(200, "text/event-stream; charset=utf-8", body).result(), Some(json!({"a": 1})));
        let with_ids = "id: 1_0\r\ndata:\r\n\r\nid:\r\nid:1_1\rdata: {}\n\n";
        assert_eq!(reply(200, "text/event-stream", with_ids).event_ids(), ["1_0", "1_1"]);
        assert!(reply(200, "text/plain", with_ids).event_ids().is_empty());
        let unfinished = "data: {\"jsonrpc\":\"2.0\",\"id\":7,\"result\":{}}\n";
        assert_eq!(reply(200, "text/event-stream", unfinished).result(), None);
        let marked = "\u{feff}data: {\"jsonrpc\":\"2.0\",\"id\":7,\"result\":{}}\n\n";
        assert_eq!(reply(200, "text/event-stream", marked).result(), Some(json!({})));
    }

    #[test]
    fn events_end_where_a_line_is_empty_however_the_stream_is_cut_up() {
        for (stream, ends) in [
            ("data: 1\n\ndata: 2\n\n", vec![9, 18]),
            ("data: 1\r\n\r\ndata: 2\r\n\r\n", vec![10, 21]),
            ("data: 1\r\rdata: 2\r\n\n", vec![9, 19]),
            ("data: 1\r\ndata: 2\n", vec![]),
            ("\n\r\n\ndata: 1\n\n\n\n", vec![13]),
        ] {
            for size in 1..=stream.len() {
                let mut events = EventEnds::default();
                let found: Vec<_> = stream.as_bytes().chunks(size).filter_map(|piece| events.after(piece)).collect();
                assert!(found.iter().all(|range| ends.contains(&range.end)), "{stream:?} {found:?}");
                assert_eq!(found.last().map(|range| range.end), ends.last().copied(), "{stream:?} by {size}");
                let from = found.iter().map(|range| range.start);
                assert!(from.eq([0].into_iter().chain(found.iter().map(|range| range.end)).take(found.len())));
            }
        }
    }

    #[test]
    fn a_crash_is_no_proof_that_a_token_was_refused() {
        assert!(matches!(reply(500, "text/plain", "").expect_refused(), Err(Stop::Inconclusive { .. })));
        assert!(matches!(reply(429, "text/plain", "").expect_refused(), Err(Stop::Inconclusive { .. })));
        assert_eq!(reply(401, "text/plain", "").expect_refused(), Ok(()));
    }
}
