//! Tools that ask for input before they complete: what they ask, an answer to it, and the way to the end.
//!
//! From 2026-07-28 on a result with `resultType: input_required` asks, and the call is sent again with the answers
//! (Multi Round-Trip Requests). Before, the server asks in the event stream of the call, or with error -32042.

use serde_json::{Map, Value, json};

use crate::check::{Stop, Verdict};
use crate::client::Request;
use crate::context::Context;
use crate::declared::Tool;
use crate::mcp::{self, Operation, Revision, Session};
use crate::reply::{Outcome, Reply};
use crate::survey::random_id;
use crate::text::quoted;
use crate::token::Token;

/// The member of `_meta` that says what the client can do.
const CAPABILITIES: &str = "io.modelcontextprotocol/clientCapabilities";
/// MCP 2025-11-25, "URL Elicitation Required Error".
const URL_ELICITATION_REQUIRED: i64 = -32042;
/// Most questions of one answer that are looked at.
const REQUESTS_READ: usize = 20;
/// Most bytes of a `requestState` that are sent back.
const STATE_AT_MOST: usize = 64 * 1024;
/// How often a tool may ask before it completes.
const ROUNDS_AT_MOST: usize = 4;
/// How often a tool is tried that refuses the answer to its own question: its state may have lapsed on the way.
const TRIES: usize = 3;
/// Most tools that are called to find some that fit.
const TOOLS_TRIED: usize = 6;
/// Bytes of a subject that no answer holds by chance.
const SUBJECT_AT_LEAST: usize = 8;

/// What to declare so that a tool is asked for.
pub const ASKS: &str = "tool with \"asks-for-input = true\"";

/// The client capabilities of one who can be asked in both modes.
pub fn both_modes() -> Value {
    json!({"elicitation": {"form": {}, "url": {}}})
}

/// One thing that the server asks for.
#[derive(Debug, Clone, PartialEq)]
pub struct InputRequest {
    /// Under which the answer is expected.
    pub key: String,
    /// `elicitation/create`, say.
    pub method: String,
    /// Its parameters.
    pub params: Value,
}

impl InputRequest {
    /// Whether the user is asked.
    pub fn is_elicitation(&self) -> bool {
        self.method == "elicitation/create"
    }

    /// The URL that the user is sent to, if it is one.
    pub fn url(&self) -> Option<&str> {
        let is_url = self.is_elicitation() && self.params["mode"] == "url";
        self.params["url"].as_str().filter(|_| is_url)
    }

    /// Whether the user is given a form.
    pub fn is_form(&self) -> bool {
        // Without a mode it is one (MCP Elicitation, "Elicitation Requests").
        self.is_elicitation() && self.params["mode"].as_str().unwrap_or("form") == "form"
    }

    /// The properties of its form, each with what its schema says.
    pub fn properties(&self) -> impl Iterator<Item = (&String, &Value)> {
        let properties = self.params["requestedSchema"]["properties"].as_object();
        properties.into_iter().flatten().take(100).filter(|_| self.is_form())
    }
}

/// A call that waits for input.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Pending {
    /// What is asked for.
    pub requests: Vec<InputRequest>,
    /// What the client sends back with the answers.
    pub state: Option<String>,
}

impl Pending {
    /// What an answer asks for, if it asks.
    pub fn of(reply: &Reply) -> Option<Self> {
        let message = reply.message();
        if let Some(result) = message.as_ref().and_then(|m| m.get("result"))
            && result["resultType"] == "input_required"
        {
            let requests = result["inputRequests"].as_object();
            let requests = requests.into_iter().flatten().map(|(key, request)| request_of(key, request));
            let state = result["requestState"].as_str().filter(|state| state.len() <= STATE_AT_MOST);
            return Some(Self { requests: requests.take(REQUESTS_READ).collect(), state: state.map(str::to_owned) });
        }
        let error = message.as_ref().map_or(&Value::Null, |m| &m["error"]);
        let asked: Vec<InputRequest> = if error["code"] == URL_ELICITATION_REQUIRED {
            let listed = error["data"]["elicitations"].as_array().into_iter().flatten();
            let elicitation = |params: &Value| InputRequest {
                key: String::new(),
                method: "elicitation/create".to_owned(),
                params: params.clone(),
            };
            listed.map(elicitation).take(REQUESTS_READ).collect()
        } else if message.is_none() {
            reply.requests().map(|request| request_of("", &request)).take(REQUESTS_READ).collect()
        } else {
            Vec::new()
        };
        (!asked.is_empty()).then_some(Self { requests: asked, state: None })
    }

    /// The answers, as the user's configuration has them.
    pub fn answers(&self, tool: &Tool) -> Value {
        let answers = self.requests.iter().filter(|request| request.is_elicitation()).map(|request| {
            let answer = if request.is_form() {
                let content = request.properties().map(|(name, schema)| {
                    (name.clone(), tool.input.get(name).cloned().unwrap_or_else(|| made_up(schema)))
                });
                json!({"action": "accept", "content": content.collect::<Map<_, _>>()})
            } else {
                json!({"action": "accept"})
            };
            (request.key.clone(), answer)
        });
        Value::Object(answers.collect())
    }
}

fn request_of(key: &str, request: &Value) -> InputRequest {
    InputRequest {
        key: key.to_owned(),
        method: request["method"].as_str().unwrap_or_default().to_owned(),
        params: request["params"].clone(),
    }
}

/// Something that fits the schema of one property (MCP Elicitation, "Requested Schema").
fn made_up(schema: &Value) -> Value {
    if let Some(default) = schema.get("default") {
        return default.clone();
    }
    let choice = |schema: &Value| {
        let listed = schema["enum"].as_array().and_then(|all| all.first()).cloned();
        let titled =
            ["oneOf", "anyOf"].iter().find_map(|name| Some(schema[*name].as_array()?.first()?["const"].clone()));
        listed.or(titled)
    };
    if let Some(chosen) = choice(schema) {
        return chosen;
    }
    match schema["type"].as_str() {
        Some("boolean") => json!(true),
        Some("number" | "integer") => schema.get("minimum").cloned().unwrap_or(json!(1)),
        Some("array") => json!(choice(&schema["items"]).into_iter().collect::<Vec<_>>()),
        _ => match schema["format"].as_str() {
            Some("email") => json!("conformance@conformance.example"),
            Some("uri") => json!("https://conformance.example/"),
            Some("date") => json!("2026-07-28"),
            Some("date-time") => json!("2026-07-28T00:00:00Z"),
            _ => json!("conformance"),
        },
    }
}

/// What an answer to a call comes to.
#[derive(Debug)]
pub enum Step {
    /// It completed.
    Done,
    /// It asks.
    Asks(Pending),
    /// It did neither.
    Refused,
}

impl Step {
    /// Reads an answer.
    pub fn of(reply: &Reply) -> Self {
        match Pending::of(reply) {
            Some(pending) => Self::Asks(pending),
            None if reply.outcome() == Outcome::Served || reply.refuses_with_result() => Self::Done,
            None => Self::Refused,
        }
    }
}

/// Passes where an answer was not taken: refused, however that was said, or asked for anew. Its like was taken just before.
///
/// # Errors
/// A violation where the call completed; inconclusive where the server failed or a layer in front was asked too much.
pub fn expect_not_taken(reply: &Reply, what: &str) -> Verdict {
    match Step::of(reply) {
        Step::Done => Err(Stop::violation(format!("a refusal of {what}"), reply.describe())),
        Step::Refused if reply.is_in_front() || reply.status.is_server_error() => {
            Err(Stop::inconclusive(format!("{what} got {}", reply.describe())))
        }
        Step::Asks(_) | Step::Refused => Ok(()),
    }
}

/// Somebody who calls tools, and can be asked.
#[derive(Debug)]
pub struct Caller {
    /// Their token.
    pub token: String,
    /// Their session, where the server has sessions.
    session: Session,
}

impl Caller {
    /// Begins as a client does that can be asked in both modes.
    ///
    /// # Errors
    /// Inconclusive where the server does not let them begin.
    pub async fn begin(cx: &Context, token: &str) -> Result<Self, Stop> {
        let mut session = Session::default();
        if cx.revision().initializes() && cx.session().id.is_some() {
            let opening = mcp::post(cx.url(), &Operation::Initialize, cx.revision(), &session).bearer(token);
            let opening = opening.message(|m| m["params"]["capabilities"] = both_modes());
            let reply = cx.send(&opening.purpose("initialize, as a client that can be asked")).await?;
            if reply.outcome() != Outcome::Served {
                return Err(Stop::inconclusive(format!("no session could be opened: {}", reply.describe())));
            }
            session.id = reply.header("mcp-session-id").map(str::to_owned);
            let initialized = Operation::Notification("notifications/initialized");
            cx.send(&mcp::post(cx.url(), &initialized, cx.revision(), &session).bearer(token)).await?;
        }
        Ok(Self { token: token.to_owned(), session })
    }

    /// Ends the session.
    pub async fn end(&self, cx: &Context) {
        cx.end_session(&self.token, &self.session).await;
    }

    /// The same call with the answers to what it asked; before 2026-07-28 the call alone, since these are given elsewhere.
    pub fn answer(
        &self,
        cx: &Context,
        name: &str,
        tool: &Tool,
        arguments: &Map<String, Value>,
        pending: &Pending,
    ) -> Request {
        let call = self.call(cx, name, arguments);
        if cx.revision().initializes() {
            return call;
        }
        call.message(|m| {
            m["params"]["inputResponses"] = pending.answers(tool);
            if let Some(state) = &pending.state {
                m["params"]["requestState"] = state.as_str().into();
            }
        })
    }

    /// A call of a tool by one who can be asked in both modes.
    pub fn call(&self, cx: &Context, name: &str, arguments: &Map<String, Value>) -> Request {
        with_capabilities(call(cx, name, arguments, &self.session).bearer(&self.token), cx.revision(), &both_modes())
    }
}

/// A call of a tool, without credentials, of which no more is read once the server asks something.
pub fn call(cx: &Context, name: &str, arguments: &Map<String, Value>, session: &Session) -> Request {
    let operation = Operation::CallTool { name: name.to_owned(), arguments: arguments.clone() };
    mcp::post(cx.url(), &operation, cx.revision(), session).until_asked()
}

/// A request of a client with these capabilities; before 2026-07-28 only `initialize` says them.
pub fn with_capabilities(request: Request, revision: Revision, capabilities: &Value) -> Request {
    if revision.initializes() {
        return request;
    }
    request.message(|m| m["params"]["_meta"][CAPABILITIES] = capabilities.clone())
}

/// A token of another user than the accepted one's.
///
/// # Errors
/// Not tested without a zone.
pub async fn another_user(cx: &Context, token: &Token) -> Result<String, Stop> {
    let draft = token.but(|t| {
        t.claim("sub", format!("conformance-{}", random_id()));
        t.claim("jti", random_id());
    });
    cx.sign(&draft, "token of another user").await
}

/// Whether an answer names the user of this token.
pub fn names_user_of(reply: &Reply, token: &Token) -> bool {
    let subject = token.claims.get("sub").and_then(Value::as_str).unwrap_or_default();
    subject.len() >= SUBJECT_AT_LEAST && String::from_utf8_lossy(&reply.body).contains(subject)
}

/// A tool and what it asked.
#[derive(Debug)]
pub struct Question<'a> {
    /// The tool's name.
    pub name: &'a str,
    /// What the user says of it.
    pub tool: &'a Tool,
    /// What it asked.
    pub pending: Pending,
}

/// What the declared tools ask, and how those answered that neither asked nor completed.
///
/// # Errors
/// [`Stop::Undeclared`] where no tool is said to ask; inconclusive where no answer came.
pub async fn questions<'a>(cx: &'a Context, caller: &Caller) -> Result<(Vec<Question<'a>>, Vec<String>), Stop> {
    let (mut asked, mut failed) = (Vec::new(), Vec::new());
    for (name, tool) in cx.declared().tools_that(ASKS, |t| t.asks_for_input)?.into_iter().take(TOOLS_TRIED) {
        let request = caller.call(cx, name, &tool.arguments);
        let reply = cx.send(&request.purpose(format!("tools/call {name}, to be asked"))).await?;
        match Step::of(&reply) {
            Step::Asks(pending) => asked.push(Question { name, tool, pending }),
            Step::Done => {}
            Step::Refused => failed.push(format!("{} got {}", quoted(name), reply.describe())),
        }
    }
    Ok((asked, failed))
}

/// A tool that was seen to complete once it was answered.
#[derive(Debug, Clone)]
pub struct Flow<'a> {
    /// The tool's name.
    pub name: &'a str,
    /// What the user says of it.
    pub tool: &'a Tool,
    /// The arguments of the call.
    pub arguments: &'a Map<String, Value>,
    /// How often it asks.
    rounds: usize,
    /// Whether its last question has a `requestState`.
    pub has_state: bool,
    /// Whether it asks the user.
    pub elicits: bool,
}

impl<'a> Flow<'a> {
    /// Goes all the way once; how far it came, where it does not complete.
    async fn seen(
        cx: &Context,
        caller: &Caller,
        (name, tool): (&'a str, &'a Tool),
        arguments: &'a Map<String, Value>,
    ) -> Result<Result<Self, String>, Stop> {
        let mut flow = Self { name, tool, arguments, rounds: 0, has_state: false, elicits: false };
        let mut failed = String::new();
        for _ in 0..TRIES {
            flow.rounds = 0;
            let mut pending = None;
            loop {
                let reply = flow.send(cx, caller, pending.as_ref(), "to be answered (control)").await?;
                match Step::of(&reply) {
                    Step::Done if flow.rounds > 0 => return Ok(Ok(flow)),
                    Step::Done => return Ok(Err("completes without asking".to_owned())),
                    Step::Asks(asked) if asked.requests.iter().any(|r| r.url().is_some()) => {
                        return Ok(Err("asks with a URL".to_owned()));
                    }
                    Step::Asks(_) if flow.rounds == ROUNDS_AT_MOST => {
                        return Ok(Err(format!("asks more than {ROUNDS_AT_MOST} times")));
                    }
                    Step::Asks(asked) => {
                        flow.rounds += 1;
                        flow.has_state = asked.state.is_some();
                        flow.elicits = asked.requests.iter().any(InputRequest::is_elicitation);
                        pending = Some(asked);
                    }
                    Step::Refused => {
                        failed = format!("got {}", reply.describe());
                        break;
                    }
                }
            }
        }
        Ok(Err(failed))
    }

    /// The same tool with the other arguments that the user gave, if these lead to the end as well.
    ///
    /// # Errors
    /// Inconclusive where they do not.
    pub async fn with_other_arguments(&self, cx: &Context, caller: &Caller) -> Result<Option<Self>, Stop> {
        let Some(arguments) = &self.tool.other_arguments else { return Ok(None) };
        match Flow::seen(cx, caller, (self.name, self.tool), arguments).await? {
            Ok(flow) => Ok(Some(flow)),
            Err(why) => Err(Stop::inconclusive(format!("{} with its other arguments {why}", quoted(self.name)))),
        }
    }

    /// Sends the call, or the answers to what it asked.
    async fn send(&self, cx: &Context, caller: &Caller, pending: Option<&Pending>, what: &str) -> Result<Reply, Stop> {
        if let Some(pending) = pending {
            return self.answer_with(cx, caller, pending, pending.state.as_deref(), what).await;
        }
        let request = caller.call(cx, self.name, self.arguments);
        Ok(cx.send(&request.purpose(format!("tools/call {} {what}", self.name))).await?)
    }

    /// The last question of a new call: the one whose answer completes it.
    ///
    /// # Errors
    /// Inconclusive where it does not come to that again.
    pub async fn begin(&self, cx: &Context, caller: &Caller) -> Result<Pending, Stop> {
        let mut pending = None;
        for _ in 0..self.rounds {
            let reply = self.send(cx, caller, pending.as_ref(), "to be answered").await?;
            let Step::Asks(asked) = Step::of(&reply) else {
                let because = format!("{} asked before and now got {}", quoted(self.name), reply.describe());
                return Err(Stop::inconclusive(because));
            };
            pending = Some(asked);
        }
        pending.ok_or_else(|| Stop::inconclusive(format!("{} never asked", quoted(self.name))))
    }

    /// Answers a question, with this state in place of its own.
    ///
    /// # Errors
    /// Inconclusive, where no answer came.
    pub async fn answer_with(
        &self,
        cx: &Context,
        caller: &Caller,
        pending: &Pending,
        state: Option<&str>,
        what: &str,
    ) -> Result<Reply, Stop> {
        let pending = Pending { state: state.map(str::to_owned), ..pending.clone() };
        let request = caller.answer(cx, self.name, self.tool, self.arguments, &pending);
        Ok(cx.send(&request.purpose(format!("tools/call {}, answered, {what}", self.name))).await?)
    }

    /// Goes the whole way as this caller.
    ///
    /// # Errors
    /// Inconclusive where it does not complete.
    pub async fn completes(&self, cx: &Context, caller: &Caller, whose: &str) -> Verdict {
        match Flow::seen(cx, caller, (self.name, self.tool), self.arguments).await? {
            Ok(_) => Ok(()),
            Err(why) => Err(Stop::inconclusive(format!("{} {why} with {whose}", quoted(self.name)))),
        }
    }

    /// The way in words, as the subject of a finding.
    pub fn state_of(&self, whose: &str) -> String {
        format!("the requestState of {whose} call of {}", quoted(self.name))
    }
}

/// Tools of which this holds, which complete once they are answered, and not without the `requestState` that they sent.
///
/// # Errors
/// [`Stop::Undeclared`] with `wanted` where no such tool is declared; not applicable where none sends a `requestState`;
/// inconclusive where none completes, or each does without its state.
pub async fn stateful<'a>(
    cx: &'a Context,
    caller: &Caller,
    wanted: &'static str,
    holds: impl Fn(&Tool) -> bool,
    at_most: usize,
) -> Result<Vec<Flow<'a>>, Stop> {
    let (mut found, mut failed, mut any_state) = (Vec::new(), Vec::new(), false);
    let declared = cx.declared().tools_that(wanted, |t| t.asks_for_input && holds(t))?;
    for (name, tool) in declared.into_iter().take(TOOLS_TRIED) {
        if found.len() == at_most {
            break;
        }
        let flow = match Flow::seen(cx, caller, (name, tool), &tool.arguments).await? {
            Ok(flow) => flow,
            Err(why) => {
                failed.push(format!("{} {why}", quoted(name)));
                continue;
            }
        };
        if !flow.has_state {
            continue;
        }
        any_state = true;
        let pending = flow.begin(cx, caller).await?;
        let bare = flow.answer_with(cx, caller, &pending, None, "without its requestState (control)").await?;
        match Step::of(&bare) {
            Step::Done => failed.push(format!("{} completes without its requestState too", quoted(name))),
            Step::Asks(_) | Step::Refused => found.push(flow),
        }
    }
    if !found.is_empty() {
        return Ok(found);
    }
    if failed.is_empty() && !any_state {
        return Err(Stop::not_applicable("no declared tool sends a requestState"));
    }
    Err(Stop::inconclusive(format!("no tool to judge by: {}", failed.join(", "))))
}

#[cfg(test)]
mod tests {
    use http::{HeaderMap, HeaderValue, StatusCode};

    use super::*;

    fn pending(content_type: &'static str, body: &str) -> Option<Pending> {
        let headers = HeaderMap::from_iter([(http::header::CONTENT_TYPE, HeaderValue::from_static(content_type))]);
        let mut reply = Reply::new(StatusCode::OK, headers, Some(json!(7)));
        reply.body = body.as_bytes().to_vec();
        Pending::of(&reply)
    }

    fn only(pending: Option<Pending>) -> InputRequest {
        pending.expect("it asks").requests.remove(0)
    }

    #[test]
    fn a_question_is_read_in_each_form_that_the_revisions_have() {
        let url = json!({"mode": "url", "url": "https://s.example/connect", "message": "m"});
        let result = json!({
            "resultType": "input_required",
            "inputRequests": {"key": {"method": "elicitation/create", "params": url}},
            "requestState": "s",
        });
        let body = json!({"jsonrpc": "2.0", "id": 7, "result": result}).to_string();
        let asked = pending("application/json", &body).expect("it asks");
        assert_eq!((asked.state.as_deref(), asked.requests[0].key.as_str()), (Some("s"), "key"));
        assert_eq!(asked.requests[0].url(), Some("https://s.example/connect"));

        let error = json!({"code": -32042, "message": "m", "data": {"elicitations": [url]}});
        let body = json!({"jsonrpc": "2.0", "id": 7, "error": error}).to_string();
        assert_eq!(only(pending("application/json", &body)).url(), Some("https://s.example/connect"));

        let event = json!({"jsonrpc": "2.0", "id": "q", "method": "elicitation/create", "params": {"message": "m"}});
        assert!(only(pending("text/event-stream", &format!("data: {event}\n\n"))).is_form());
    }

    #[test]
    fn what_completes_or_fails_asks_nothing() {
        let body = |rest: Value| {
            let mut message = json!({"jsonrpc": "2.0", "id": 7});
            message.as_object_mut().expect("an object").extend(rest.as_object().cloned().unwrap_or_default());
            message.to_string()
        };
        for rest in [json!({"result": {"content": []}}), json!({"error": {"code": -32602, "message": ""}})] {
            assert_eq!(pending("application/json", &body(rest)), None);
        }
    }

    #[test]
    fn a_form_is_filled_in_as_declared_and_else_as_its_schema_has_it() {
        let schema = json!({"type": "object", "properties": {
            "room": {"type": "string"},
            "sure": {"type": "boolean"},
            "colour": {"type": "string", "enum": ["red", "blue"]},
            "seats": {"type": "integer", "minimum": 3},
            "mail": {"type": "string", "format": "email"},
            "kinds": {"type": "array", "items": {"anyOf": [{"const": "a", "title": "A"}]}},
            "rest": {"type": "string", "default": "d"},
        }});
        let params = json!({"requestedSchema": schema, "message": "m"});
        let request = InputRequest { key: "q".to_owned(), method: "elicitation/create".to_owned(), params };
        let mut tool = Tool::default();
        tool.input.insert("room".to_owned(), json!("Blue"));
        let answers = Pending { requests: vec![request], state: None }.answers(&tool);
        let expected = json!({"q": {"action": "accept", "content": {
            "room": "Blue", "sure": true, "colour": "red", "seats": 3, "mail": "conformance@conformance.example",
            "kinds": ["a"], "rest": "d",
        }}});
        assert_eq!(answers, expected);
    }
}
