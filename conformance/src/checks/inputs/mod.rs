//! What tools ask of users, and the state that they hand out on the way: questions, `requestState`, handles, tasks.
//!
//! Nobody sees from outside which tool does any of this, so that each of these checks rests on what the user declared.

checks! {
    elicitation_for_sign_in::ElicitationForSignIn,
    undeclared_input::UndeclaredInput,
    missing_capability::MissingCapability,
    input_elsewhere::InputElsewhere,
    form_secrets_confirmed::FormSecretsConfirmed,
    form_secrets::FormSecrets,
    elicitation_other_user::ElicitationOtherUser,
    state_other_user::StateOtherUser,
    state_altered::StateAltered,
    state_altered_idle::StateAlteredIdle,
    state_other_request::StateOtherRequest,
    state_expired::StateExpired,
    state_reused::StateReused,
    url_personal_data::UrlPersonalData,
    url_signs_in::UrlSignsIn,
    url_other_user::UrlOtherUser,
    handle_without_token::HandleWithoutToken,
    handle_other_user::HandleOtherUser,
    handle_predictable::HandlePredictable,
    task_other_user::TaskOtherUser,
}

use serde_json::{Value, json};

use crate::altered::{altered, spliced, with_another_letter};
use crate::check::{Stop, Verdict};
use crate::client::Request;
use crate::context::Context;
use crate::declared::{Handle, Tool};
use crate::inputs::{self, ASKS, Caller, Flow, InputRequest, Pending, Question, Step, expect_not_taken};
use crate::mcp::Operation;
use crate::reply::{Outcome, Reply};
use crate::survey::random_id;
use crate::text::quoted;

/// Tools that one check goes all the way with.
const TOOLS: usize = 2;

/// Altered forms of one `requestState` that are sent.
const ALTERED_AT_MOST: usize = 16;

/// What it means that no declared tool asked this: it does not concern the server, unless one failed.
fn silent(cx: &Context, what: &str, failed: &[String]) -> Stop {
    if failed.is_empty() {
        return Stop::not_applicable(format!("no declared tool {what} in {}", cx.revision()));
    }
    Stop::inconclusive(format!("no declared tool {what}: {}", failed.join(", ")))
}

/// The questions of declared tools that send their user to a URL, each with that.
///
/// # Errors
/// As [`inputs::questions`]; not applicable where there is none.
async fn with_url<'a>(cx: &'a Context, caller: &Caller) -> Result<Vec<(Question<'a>, String)>, Stop> {
    let (asked, failed) = inputs::questions(cx, caller).await?;
    let found: Vec<_> = asked
        .into_iter()
        .filter_map(|question| {
            let url = question.pending.requests.iter().find_map(InputRequest::url)?.to_owned();
            Some((question, url))
        })
        .collect();
    if found.is_empty() { Err(silent(cx, "sent its user to a URL", &failed)) } else { Ok(found) }
}

/// The properties of a question's forms that ask for a secret.
#[derive(Debug, Default, PartialEq)]
struct Secrets {
    /// By name or title.
    named: Vec<String>,
    /// By their description, or by the message above the form, alone.
    described: Vec<String>,
}

impl Secrets {
    fn of(requests: &[InputRequest]) -> Self {
        let mut found = Self::default();
        for request in requests {
            let message_asks = request.params["message"].as_str().is_some_and(asks_for_a_secret);
            for (name, schema) in request.properties() {
                let says = |member: &str, asks: fn(&str) -> bool| schema[member].as_str().is_some_and(asks);
                if names_a_secret(name) || says("title", names_a_secret) {
                    found.named.push(name.clone());
                } else if takes_any_text(schema) && (message_asks || says("description", asks_for_a_secret)) {
                    found.described.push(name.clone());
                }
            }
        }
        found
    }

    fn is_empty(&self) -> bool {
        self.named.is_empty() && self.described.is_empty()
    }

    fn all(&self) -> String {
        [&self.named[..], &self.described].concat().join(", ")
    }
}

/// Whether a property takes what its user types, as it is: nothing that is chosen, no address, no date.
fn takes_any_text(schema: &Value) -> bool {
    let is_chosen = ["enum", "oneOf", "anyOf", "const"].iter().any(|member| schema.get(*member).is_some());
    let is_typed = matches!(schema["type"].as_str(), Some("string" | "number" | "integer") | None);
    let is_else = matches!(schema["format"].as_str(), Some("email" | "uri" | "date" | "date-time"));
    is_typed && !is_chosen && !is_else
}

/// The questions of declared tools that show a form.
///
/// # Errors
/// As [`inputs::questions`]; not applicable where there is none.
async fn with_form<'a>(cx: &'a Context, caller: &Caller) -> Result<Vec<Question<'a>>, Stop> {
    let (mut asked, failed) = inputs::questions(cx, caller).await?;
    asked.retain(|question| question.pending.requests.iter().any(InputRequest::is_form));
    if asked.is_empty() { Err(silent(cx, "asked with a form", &failed)) } else { Ok(asked) }
}

/// Words, alone or one after the other, that name what grants access or authorizes a payment.
const SECRETS: &[&str] = &[
    "password",
    "passwd",
    "pwd",
    "passphrase",
    "passcode",
    "secret",
    "token",
    "credential",
    "credentials",
    "apikey",
    "api key",
    "access key",
    "private key",
    "secret key",
    "cvv",
    "cvc",
    "card number",
    "credit card",
];

/// Whether a name, however it is written, is one of a secret.
pub(crate) fn names_a_secret(name: &str) -> bool {
    secret_in(name).is_some()
}

/// Most characters that are read of a name or a sentence, and sentences of a text.
const READ_AT_MOST: usize = 200;
const CLAUSES_AT_MOST: usize = 50;

/// Whether a text asks its reader for a secret, rather than to keep it: "Do not enter your password" names one too.
fn asks_for_a_secret(text: &str) -> bool {
    let clauses = text.split(['.', '!', '?', ',', ';', ':', '\n']).take(CLAUSES_AT_MOST);
    clauses.filter_map(secret_in).any(|before| !before.split(' ').any(|word| NEGATIONS.contains(&word)))
}

/// Words before the name of a secret that take it back. Of "don't" the apostrophe parts two words.
const NEGATIONS: &[&str] = &["not", "no", "never", "don", "dont", "without", "cannot", "isn", "nor"];

/// The words before the name of a secret in a text, if it has one.
fn secret_in(text: &str) -> Option<String> {
    let mut words = String::from(" ");
    let mut before = ' ';
    for letter in text.chars().take(READ_AT_MOST) {
        if !letter.is_alphanumeric() || (letter.is_uppercase() && before.is_lowercase()) {
            words.push(' ');
        }
        if letter.is_alphanumeric() {
            words.extend(letter.to_lowercase());
        }
        before = letter;
    }
    let words = format!(" {} ", words.split_whitespace().collect::<Vec<_>>().join(" "));
    let at = SECRETS.iter().filter_map(|secret| words.find(&format!(" {secret} "))).min()?;
    Some(words[..at].to_owned())
}

/// Whether a `requestState` of the accepted token's user is taken from another user, who can complete the tool themselves.
///
/// # Errors
/// A violation where it is; what [`inputs::stateful`] stops at.
async fn taken_from_another(cx: &Context, concerns: impl Fn(&Flow<'_>) -> bool, expected: &str) -> Verdict {
    let token = cx.accepted_token().await?;
    let caller = Caller::begin(cx, &token.compact).await?;
    let other = Caller::begin(cx, &inputs::another_user(cx, &token).await?).await?;
    let mut flows = inputs::stateful(cx, &caller, ASKS, |_| true, TOOLS).await?;
    flows.retain(concerns);
    if flows.is_empty() {
        return Err(silent(cx, "sends a requestState that matters here", &[]));
    }
    for flow in flows {
        flow.completes(cx, &other, "a token of another user (control)").await?;
        let pending = flow.begin(cx, &caller).await?;
        let what = "with a token of another user";
        let reply = flow.answer_with(cx, &other, &pending, pending.state.as_deref(), what).await?;
        if let Err(Stop::Violation { actual, .. }) = expect_not_taken(&reply, what) {
            let shown = if inputs::names_user_of(&reply, &token) { ", and names the user who was asked" } else { "" };
            return Err(Stop::violation(
                expected,
                format!("{} {what} got {actual}{shown}", flow.state_of("one user's")),
            ));
        }
        expect_not_taken(&reply, what)?;
    }
    Ok(())
}

/// Whether an altered `requestState` of such tools is refused.
///
/// # Errors
/// A violation where one is taken; what [`inputs::stateful`] stops at.
async fn refuses_altered(cx: &Context, wanted: &'static str, holds: impl Fn(&Tool) -> bool) -> Verdict {
    let token = cx.served_token().await?;
    let caller = Caller::begin(cx, &token.compact).await?;
    for flow in inputs::stateful(cx, &caller, wanted, holds, TOOLS).await? {
        let pending = flow.begin(cx, &caller).await?;
        let another = flow.begin(cx, &caller).await?;
        let forms = forms_of(&pending, &another);
        for (how, form) in &forms {
            refuses(cx, &caller, &flow, &pending, how, form).await?;
        }
        let state = pending.state.as_deref();
        let intact =
            flow.answer_with(cx, &caller, &pending, state, "with its requestState as it came (control)").await?;
        if matches!(Step::of(&intact), Step::Done) {
            continue;
        }
        // Its time was over, or the server gave it up at the first that was altered: then each takes one of its own.
        for at in 0..forms.len() {
            let pending = flow.begin(cx, &caller).await?;
            if let Some((how, form)) = forms_of(&pending, &another).get(at) {
                refuses(cx, &caller, &flow, &pending, how, form).await?;
            }
        }
        flow.completes(cx, &caller, "the accepted token (control)").await?;
    }
    Ok(())
}

/// Altered forms of a question's `requestState`.
fn forms_of(pending: &Pending, another: &Pending) -> Vec<(String, String)> {
    let state = |pending: &Pending| pending.state.clone().unwrap_or_default();
    let (state, another) = (state(pending), state(another));
    spliced(&state, &another).into_iter().chain(altered(&state)).take(ALTERED_AT_MOST).collect()
}

/// Passes where an altered `requestState` is not taken.
async fn refuses(cx: &Context, caller: &Caller, flow: &Flow<'_>, pending: &Pending, how: &str, form: &str) -> Verdict {
    let reply = flow.answer_with(cx, caller, pending, Some(form), "with its requestState altered").await?;
    match expect_not_taken(&reply, "an altered requestState") {
        Err(Stop::Violation { actual, .. }) => {
            let actual = format!("{}, altered so that {how}, got {actual}", flow.state_of("a"));
            Err(Stop::violation("a refusal of a requestState that was altered", actual))
        }
        verdict => verdict,
    }
}

/// Tools whose result holds a handle.
const HANDLES: &str = "tool with \"handle = { at = POINTER, tool = NAME, argument = NAME }\"";

/// Most characters of a handle.
const HANDLE_AT_MOST: usize = 4096;

/// A tool that issues handles.
struct Issuer<'a> {
    name: &'a str,
    tool: &'a Tool,
    handle: &'a Handle,
}

impl<'a> Issuer<'a> {
    /// The declared ones.
    fn all(cx: &'a Context) -> Result<Vec<Self>, Stop> {
        let declared = cx.declared().tools_that(HANDLES, |t| t.handle.is_some())?;
        let issuer = |(name, tool): (&'a str, &'a Tool)| Some(Self { name, tool, handle: tool.handle.as_ref()? });
        Ok(declared.into_iter().filter_map(issuer).take(TOOLS).collect())
    }

    /// A handle that is issued to the user of this token.
    async fn issue(&self, cx: &Context, token: &str) -> Result<Value, Stop> {
        let operation = Operation::CallTool { name: self.name.to_owned(), arguments: self.tool.arguments.clone() };
        let request = cx.operation(&operation).bearer(token);
        let reply = cx.send(&request.purpose(format!("tools/call {}, for a handle", self.name))).await?;
        let handle = reply.result().and_then(|result| result.pointer(&self.handle.at).cloned());
        let is_short = |handle: &Value| handle.to_string().len() <= HANDLE_AT_MOST;
        match handle.filter(|handle| (handle.is_string() || handle.is_number()) && is_short(handle)) {
            Some(handle) => {
                if let Some(text) = handle.as_str().filter(|_| !self.handle.public) {
                    cx.note(text.to_owned(), "state handle");
                }
                Ok(handle)
            }
            None => Err(Stop::inconclusive(format!(
                "{} issued no handle at {}: {}",
                quoted(self.name),
                quoted(&self.handle.at),
                reply.describe()
            ))),
        }
    }

    /// The call of the tool that takes this handle, without credentials.
    fn presents(&self, cx: &Context, handle: &Value) -> Request {
        let mut arguments = self.handle.arguments.clone();
        arguments.insert(self.handle.argument.clone(), handle.clone());
        cx.operation(&Operation::CallTool { name: self.handle.tool.clone(), arguments })
    }

    /// What its user gets for a handle (the positive control).
    async fn expect_served(&self, cx: &Context, handle: &Value, token: &str, whose: &str) -> Verdict {
        let purpose = format!("{} with {whose} own handle (control)", self.handle.tool);
        let reply = cx.send(&self.presents(cx, handle).bearer(token).purpose(purpose)).await?;
        if reply.outcome() == Outcome::Served {
            return Ok(());
        }
        let because = format!("{} with {whose} own handle got {}", quoted(&self.handle.tool), reply.describe());
        Err(Stop::inconclusive(because))
    }

    /// What is served for a handle that was never issued shows nothing of one that was.
    async fn expect_made_up_refused(&self, cx: &Context, handle: &Value, token: Option<&str>) -> Verdict {
        let request = self.presents(cx, &made_up(handle));
        let request = token.iter().fold(request, |request, token| request.bearer(token));
        let reply = cx.send(&request.purpose("a handle that was never issued (control)")).await?;
        if reply.outcome() != Outcome::Served && !reply.refuses_with_result() {
            return Ok(());
        }
        Err(Stop::inconclusive(format!("{} serves a handle that was never issued as well", quoted(&self.handle.tool))))
    }
}

/// A handle that looks like this one and was never issued.
fn made_up(handle: &Value) -> Value {
    match handle {
        Value::Number(number) => json!(number.as_u64().unwrap_or_default().saturating_add(1_000_003)),
        other => {
            let text = other.as_str().unwrap_or_default();
            let mut changed = with_another_letter(text).unwrap_or_else(random_id);
            if text.len() >= 16 {
                let (front, _) = changed.split_at(changed.char_indices().nth(8).map_or(0, |(at, _)| at));
                changed = format!("{front}{}", &random_id()[..(text.len() - 8).min(24)]);
            }
            json!(changed)
        }
    }
}

/// Leaves where a call did not complete.
fn completed(reply: &Reply, what: &str) -> Verdict {
    match Step::of(reply) {
        Step::Done => Ok(()),
        Step::Asks(_) => Err(Stop::inconclusive(format!("{what} was asked once more"))),
        Step::Refused => Err(Stop::inconclusive(format!("{what} got {}", reply.describe()))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_known_by_its_name_however_it_is_written() {
        for name in ["password", "API key", "apiKey", "api_key", "Your access-key", "githubToken", "Card number (VISA)"]
        {
            assert!(names_a_secret(name), "{name}");
        }
        for name in ["secretary", "max_tokens", "key", "monkey", "confirm", "keyboard", "number", "compass word"] {
            assert!(!names_a_secret(name), "{name}");
        }
    }

    #[test]
    fn a_text_asks_for_a_secret_unless_it_says_not_to() {
        for text in [
            "Your GitHub password",
            "Please enter your API key.",
            "To go on, type the token!",
            "Not now? Your password:",
        ] {
            assert!(asks_for_a_secret(text), "{text}");
        }
        for text in [
            "Do not enter your password here.",
            "We never ask for a password or an API key.",
            "Don't paste a token!",
            "At most 100 tokens?",
            "Your nickname",
            "",
        ] {
            assert!(!asks_for_a_secret(text), "{text}");
        }
    }

    #[test]
    fn a_form_asks_for_a_secret_by_its_names_or_in_its_words() {
        let of = |message: &str, name: &str, schema: Value| {
            let form = json!({"type": "object", "properties": {name: schema}});
            let params = json!({"message": message, "requestedSchema": form});
            Secrets::of(&[InputRequest { key: String::new(), method: "elicitation/create".to_owned(), params }])
        };
        let one = |name: &str| vec![name.to_owned()];
        let text = || json!({"type": "string"});
        assert_eq!(of("?", "password", text()), Secrets { named: one("password"), described: vec![] });
        let titled = json!({"type": "string", "title": "API key", "description": "Your password"});
        assert_eq!(of("?", "value", titled), Secrets { named: one("value"), described: vec![] });
        let explained = json!({"type": "string", "description": "Your GitHub password"});
        assert_eq!(of("?", "value", explained), Secrets { named: vec![], described: one("value") });
        let asked = of("Please enter your GitHub password", "value", text());
        assert_eq!(asked, Secrets { named: vec![], described: one("value") });
        // What is chosen is no secret, and what is an address.
        for schema in [
            json!({"type": "boolean"}),
            json!({"type": "string", "enum": ["yes", "no"]}),
            json!({"type": "string", "format": "email"}),
        ] {
            assert!(of("Reset your password?", "value", schema).is_empty());
        }
    }

    #[test]
    fn a_handle_that_is_made_up_is_another() {
        for handle in [json!(7), json!("c-1"), json!("9"), json!("0123456789abcdef0123456789abcdef"), json!("")] {
            assert_ne!(made_up(&handle), handle);
        }
    }
}
