//! Tools that the reference server does not have: they ask for input, issue handles and run as tasks, rightly but for what
//! a fault bends.
//!
//! They stand behind all of the reference server's parts: only what these pass on, and then know no tool or method for, is
//! answered here.

use std::collections::{HashMap, HashSet};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use axum::body::Bytes;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::header::{CONTENT_LENGTH, CONTENT_TYPE, WWW_AUTHENTICATE};
use http::{HeaderValue, Response, StatusCode};
use openssl::hash::MessageDigest;
use openssl::pkey::PKey;
use openssl::sign::Signer;
use reference_server::{Clock as _, SystemClock};
use serde_json::{Map, Value, json};
use support::fault::{Asked, Inputs};

use crate::connect::Connect;

/// How long a `requestState` is good, and that of `vote`, for which a test waits.
const LASTS: Duration = Duration::from_secs(15 * 60);
const VOTE_LASTS: Duration = Duration::from_secs(1);

/// JSON-RPC 2.0 section 5.1.
const METHOD_NOT_FOUND: i64 = -32601;
const INVALID_PARAMS: i64 = -32602;
/// MCP 2025-11-25, "URL Elicitation Required Error".
const URL_ELICITATION_REQUIRED: i64 = -32042;

/// The tools: name, and the argument that each needs.
const TOOLS: &[(&str, Option<&str>)] = &[
    ("book_room", Some("room")),
    ("redeem_voucher", Some("voucher")),
    ("vote", Some("motion")),
    ("connect_drive", None),
    ("open_cart", None),
    ("show_cart", Some("cart")),
    ("make_report", None),
];

/// The tools and what they remember.
pub(crate) struct Asking {
    rules: Inputs,
    key: String,
    pub(crate) connect: Connect,
    kept: Mutex<Kept>,
}

#[derive(Default)]
struct Kept {
    /// The ids of states that were used.
    used: HashSet<String>,
    /// The owner of each handle.
    carts: HashMap<String, Value>,
    /// Each task's owner and status.
    tasks: HashMap<String, (Value, &'static str)>,
}

/// What becomes of a request, as JSON-RPC has it.
enum Answer {
    Result(Value),
    Error(StatusCode, Value),
}

impl Asking {
    pub(crate) fn new(rules: Inputs, zone: &str, origin: &str, resource: &str) -> Self {
        let connect = Connect::new(rules, zone, origin, resource);
        Self { rules, key: random(), connect, kept: Mutex::default() }
    }

    /// Answers what the reference server's parts let through and do not know themselves.
    pub(crate) fn answer(&self, asked: &Asked, response: &mut Response<Bytes>) {
        let message: Value = serde_json::from_slice(response.body()).unwrap_or_default();
        let method = asked.rpc_method.as_deref().unwrap_or_default();
        let mut who = principal(&asked.claims());
        if self.rules.handle_is_token
            && response.status() == StatusCode::UNAUTHORIZED
            && let Some(owner) = self.kept().carts.get(argument(asked, "cart"))
        {
            who = owner.clone();
        } else if response.status() != StatusCode::OK {
            return;
        }
        let tool = asked.tool.as_deref().filter(|tool| TOOLS.iter().any(|(name, _)| name == tool));
        let answer = match (method, &message["error"]["code"], tool) {
            ("tools/list", Value::Null, _) if message["result"].is_object() => {
                Self::list(asked, message["result"].clone())
            }
            ("initialize", Value::Null, _) if message["result"].is_object() => offers_tasks(message["result"].clone()),
            ("tools/call", code, Some(tool)) if *code == INVALID_PARAMS || code.is_null() => {
                self.call(asked, tool, &who)
            }
            (method, code, _) if method.starts_with("tasks/") && *code == METHOD_NOT_FOUND => {
                self.task(asked, method, &who)
            }
            _ => return,
        };
        let (status, mut body) = match answer {
            Answer::Result(result) => (StatusCode::OK, json!({"result": result})),
            Answer::Error(status, error) => (status, json!({"error": error})),
        };
        body["jsonrpc"] = "2.0".into();
        body["id"] = asked.rpc_id.clone();
        *response.status_mut() = status;
        response.headers_mut().remove(CONTENT_LENGTH);
        response.headers_mut().remove(WWW_AUTHENTICATE);
        response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        *response.body_mut() = body.to_string().into();
    }

    fn list(asked: &Asked, mut result: Value) -> Answer {
        let tools = TOOLS.iter().map(|(name, argument)| {
            let properties: Map<_, _> =
                argument.iter().map(|argument| ((*argument).to_owned(), json!({"type": "string"}))).collect();
            let required: Vec<_> = argument.iter().collect();
            let schema = json!({"type": "object", "properties": properties, "required": required});
            let mut tool = json!({"name": name, "inputSchema": schema});
            if asked.is_of_initialize_era() && *name == "make_report" {
                tool["execution"] = json!({"taskSupport": "optional"});
            }
            tool
        });
        if let Some(listed) = result["tools"].as_array_mut() {
            listed.extend(tools);
        }
        Answer::Result(result)
    }

    fn call(&self, asked: &Asked, tool: &str, who: &Value) -> Answer {
        match tool {
            "connect_drive" => self.connect_drive(asked, who),
            "open_cart" => {
                let cart = (self.rules.handle)(random());
                self.kept().carts.insert(cart.clone(), who.clone());
                done(asked, &json!({"cart": cart}))
            }
            "show_cart" => {
                let owner = self.kept().carts.get(argument(asked, "cart")).cloned();
                match owner.filter(|owner| owner == who || !self.rules.handle_bound) {
                    Some(owner) => done(asked, &json!({"items": [], "of": owner[0]})),
                    None => failed(asked, "there is no such cart"),
                }
            }
            "make_report" if asked.message["params"]["task"].is_object() => {
                let id = random();
                self.kept().tasks.insert(id.clone(), (who.clone(), "working"));
                Answer::Result(json!({"task": task(&id, "working")}))
            }
            "make_report" => done(asked, &json!({"report": "all is well"})),
            asking => self.form(asked, asking, who),
        }
    }

    /// Tools that ask with a form, and complete with what it says.
    fn form(&self, asked: &Asked, tool: &str, who: &Value) -> Answer {
        let params = &asked.message["params"];
        let subject = TOOLS.iter().find(|(name, _)| *name == tool).and_then(|(_, argument)| *argument);
        let subject = subject.map(|name| argument(asked, name)).unwrap_or_default();
        let (property, schema) = match tool {
            "book_room" => ((self.rules.property)("confirm"), json!({"type": "boolean"})),
            "vote" => ("choice", json!({"type": "string", "enum": ["yes", "no"]})),
            _ => {
                let schema = json!({"type": "string", "description": self.rules.description});
                ((self.rules.property)("nickname"), schema)
            }
        };
        // Only a client with a session could be asked there, and this server has none.
        if asked.is_of_initialize_era() {
            return done(asked, &json!({"done": subject}));
        }
        if self.rules.declared && !offers(asked, "form") {
            return self.cannot_ask("form");
        }
        let given = &params["inputResponses"]["question"];
        if let Some(state) = params["requestState"].as_str()
            && given["action"] == "accept"
        {
            return match self.good(state, tool, subject, who) {
                Ok(state) => done(asked, &json!({"done": state["of"], "by": who[0], "with": given["content"]})),
                Err(why) => failed(asked, why),
            };
        }
        let lasts = if tool == "vote" { VOTE_LASTS } else { LASTS };
        let state = json!({
            "who": who,
            "request": format!("{tool} {subject}"),
            "of": subject,
            "until": until(lasts),
            "id": random(),
        });
        let form = json!({"type": "object", "properties": {property: schema}, "required": [property]});
        let params = json!({"mode": "form", "message": format!("{tool}: go on?"), "requestedSchema": form});
        ask(&params, &self.seal(&state))
    }

    /// Asks its user to a page, where they connect what they have elsewhere.
    fn connect_drive(&self, asked: &Asked, who: &Value) -> Answer {
        let given = asked.message["params"]["requestState"].as_str();
        if let Some(state) = given
            && let Err(why) = self.good(state, "connect_drive", "", who)
        {
            return failed(asked, why);
        }
        if let Some(folder) = self.connect.take(who) {
            return done(asked, &json!({"connected": folder}));
        }
        let url = format!("{}{}", self.connect.page_for(who), (self.rules.query)(&asked.claims()));
        let message = "Connect your drive to go on.";
        if asked.is_of_initialize_era() {
            let elicitation = json!({"mode": "url", "elicitationId": random(), "url": url, "message": message});
            let data = json!({"elicitations": [elicitation]});
            let error = json!({"code": URL_ELICITATION_REQUIRED, "message": message, "data": data});
            return Answer::Error(StatusCode::OK, error);
        }
        if self.rules.declared && !offers(asked, "url") {
            return self.cannot_ask("url");
        }
        let state = json!({
            "who": who, "request": "connect_drive ", "until": until(LASTS), "id": random(),
        });
        ask(&json!({"mode": "url", "url": url, "message": message}), &self.seal(&state))
    }

    fn cannot_ask(&self, mode: &str) -> Answer {
        let mut error = (self.rules.missing)();
        error["data"] = json!({"requiredCapabilities": {"elicitation": {mode: {}}}});
        Answer::Error(StatusCode::BAD_REQUEST, error)
    }

    /// What a `requestState` says, where it is good for this.
    fn good(&self, state: &str, tool: &str, subject: &str, who: &Value) -> Result<Value, &'static str> {
        let (payload, seal) = state.split_once('.').unwrap_or((state, ""));
        if self.rules.sealed && !same(seal, &self.hmac(payload)) {
            return Err("this state was altered");
        }
        let payload = URL_SAFE_NO_PAD.decode(payload).map_err(|_| "this is no state")?;
        let state: Value = serde_json::from_slice(&payload).map_err(|_| "this is no state")?;
        if self.rules.principal && state["who"] != *who {
            return Err("this state is another user's");
        }
        if self.rules.request && state["request"] != format!("{tool} {subject}") {
            return Err("this state is of another request");
        }
        if self.rules.lapses && state["until"].as_u64().is_none_or(|until| until < millis()) {
            return Err("this state has lapsed");
        }
        let id = state["id"].as_str().unwrap_or_default().to_owned();
        if tool == "redeem_voucher" && self.rules.once && !self.kept().used.insert(id) {
            return Err("this voucher was redeemed");
        }
        Ok(state)
    }

    fn task(&self, asked: &Asked, method: &str, who: &Value) -> Answer {
        let mut kept = self.kept();
        let is_shown = |owner: &Value| owner == who || !self.rules.task_bound;
        if method == "tasks/list" {
            let listed = kept.tasks.iter().filter(|(_, (owner, _))| is_shown(owner));
            let listed: Vec<_> = listed.map(|(id, (_, status))| task(id, status)).collect();
            return Answer::Result(json!({"tasks": listed}));
        }
        let id = asked.message["params"]["taskId"].as_str().unwrap_or_default();
        let unknown = || json!({"code": INVALID_PARAMS, "message": "there is no such task, or it has ended"});
        let Some((_, status)) = kept.tasks.get_mut(id).filter(|(owner, _)| is_shown(owner)) else {
            return Answer::Error(StatusCode::OK, unknown());
        };
        match method {
            "tasks/get" => Answer::Result(task(id, status)),
            "tasks/result" => {
                *status = "completed";
                done(asked, &json!({"report": "all is well"}))
            }
            "tasks/cancel" if *status == "working" => {
                *status = "cancelled";
                Answer::Result(task(id, status))
            }
            "tasks/cancel" => Answer::Error(StatusCode::OK, unknown()),
            _ => Answer::Error(StatusCode::OK, json!({"code": METHOD_NOT_FOUND, "message": method})),
        }
    }

    fn seal(&self, state: &Value) -> String {
        let payload = URL_SAFE_NO_PAD.encode(state.to_string());
        format!("{payload}.{}", self.hmac(&payload))
    }

    fn hmac(&self, text: &str) -> String {
        let signed = PKey::hmac(self.key.as_bytes())
            .and_then(|key| Signer::new(MessageDigest::sha256(), &key)?.sign_oneshot_to_vec(text.as_bytes()));
        // Without a seal nothing is taken.
        signed.map_or_else(|_| random(), |seal| URL_SAFE_NO_PAD.encode(seal))
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The user and the client of a token.
fn principal(claims: &Value) -> Value {
    let text = |name: &str| claims[name].as_str().unwrap_or("nobody").to_owned();
    json!([text("sub"), text("client_id")])
}

fn argument<'a>(asked: &'a Asked, name: &str) -> &'a str {
    asked.message["params"]["arguments"][name].as_str().unwrap_or_default()
}

/// Whether the client said that it can be asked in this mode; an empty object means forms.
fn offers(asked: &Asked, mode: &str) -> bool {
    let offered = &asked.message["params"]["_meta"]["io.modelcontextprotocol/clientCapabilities"]["elicitation"];
    let is_empty = offered.as_object().is_some_and(Map::is_empty);
    !offered[mode].is_null() || is_empty && mode == "form"
}

fn ask(params: &Value, state: &str) -> Answer {
    Answer::Result(json!({
        "resultType": "input_required",
        "inputRequests": {"question": {"method": "elicitation/create", "params": params}},
        "requestState": state,
    }))
}

fn done(asked: &Asked, content: &Value) -> Answer {
    let text = json!([{"type": "text", "text": content.to_string()}]);
    let mut result = json!({"content": text, "structuredContent": content});
    if !asked.is_of_initialize_era() {
        result["resultType"] = "complete".into();
    }
    Answer::Result(result)
}

fn failed(asked: &Asked, why: &str) -> Answer {
    let mut result = json!({"content": [{"type": "text", "text": why}], "isError": true});
    if !asked.is_of_initialize_era() {
        result["resultType"] = "complete".into();
    }
    Answer::Result(result)
}

fn offers_tasks(mut result: Value) -> Answer {
    if result["protocolVersion"] == "2025-11-25" {
        result["capabilities"]["tasks"] = json!({"list": {}, "cancel": {}, "requests": {"tools": {"call": {}}}});
    }
    Answer::Result(result)
}

fn task(id: &str, status: &str) -> Value {
    let now = SystemClock.now().to_string();
    json!({"taskId": id, "status": status, "createdAt": now, "lastUpdatedAt": now, "ttl": 60_000})
}

/// Milliseconds since 1970.
fn millis() -> u64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_millis();
    u64::try_from(now).unwrap_or(u64::MAX)
}

fn until(lasts: Duration) -> u64 {
    millis().saturating_add(u64::try_from(lasts.as_millis()).unwrap_or(u64::MAX))
}

fn same(one: &str, other: &str) -> bool {
    one.len() == other.len() && openssl::memcmp::eq(one.as_bytes(), other.as_bytes())
}

/// A text that nobody can guess.
pub(crate) fn random() -> String {
    let mut bytes = [0; 16];
    // One that comes twice is a finding, so that a failure here does not pass unseen.
    let _ = openssl::rand::rand_bytes(&mut bytes);
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
