//! The header names one region, the body another.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::{HeaderName, HeaderValue};
use serde_json::{Value, json};

use super::expect_not_served;
use crate::check::{Area, Check, Level, Meta, Need, Revisions, Stop, Verdict};
use crate::checks::scopes::Together;
use crate::client::Request;
use crate::context::Context;
use crate::mcp::Operation;
use crate::page;
use crate::pages::pages;
use crate::reply::Outcome;

page! {
    /// A tool call whose Mcp-Param header differs from its body is refused
    ///
    /// # What it checks
    /// Of the tools that may be called, those are called that mark an argument with `x-mcp-header` at the top level of
    /// their schema: with the header that mirrors it, which must be served, with another value in the header, and
    /// without the header. Neither of the latter may be served. A tool that is marked read-only and needs no other
    /// argument is called with a value made up, others with those of `--tool`.
    ///
    /// # Why it matters
    /// A gateway that routes or permits by the header lets the harmless value pass, and the server acts on the other.
    ///
    /// # How to fix it
    /// Compare each header that a tool's schema names with the argument, decoded, before the tool is called, and answer
    /// 400 with JSON-RPC error -32020 where one is missing or differs. Current SDKs do so.
    ///
    /// # Reference
    /// MCP 2026-07-28, Streamable HTTP, "Server Behavior for Custom Headers".
    pub struct ParamHeader;
}

const META: Meta = Meta {
    id: "param-header",
    requirements: &["mcp-transport-param-header-validated"],
    level: Level::Must,
    area: Area::Transport,
    needs: &[Need::ValidToken, Need::DeclaredTool],
    revisions: Revisions::Stateless,
    ..Meta::CALM
};

/// Most tools that are called.
const TOOLS_AT_MOST: usize = 3;

impl Check for ParamHeader {
    fn meta(&self) -> &'static Meta {
        &META
    }

    async fn run(&self, cx: &Context) -> Verdict {
        let token = cx.served_token().await?;
        let listed = pages(cx, None, &token.compact, "tools/list", "").await?;
        let listed = listed.map_err(|reply| Stop::inconclusive(format!("tools/list got {}", reply.describe())))?;
        let tools = listed.iter().flat_map(|page| page["tools"].as_array().into_iter().flatten());
        let marked: Vec<Marked> = tools.filter_map(|tool| marked(cx, tool)).take(TOOLS_AT_MOST).collect();
        if marked.is_empty() {
            return Err(Stop::not_applicable("no tool that may be called names an argument with x-mcp-header"));
        }
        let mut all = Together::default();
        for tool in marked {
            all.add(judge(cx, &token.compact, tool).await);
        }
        all.verdict()
    }
}

/// A tool, and those of its arguments that headers mirror.
struct Marked {
    call: Operation,
    mirrored: Vec<(HeaderName, Value)>,
}

async fn judge(cx: &Context, token: &str, tool: Marked) -> Verdict {
    let Marked { call, mirrored } = tool;
    let name = call.describe();
    let request = |headers: &[(HeaderName, Value)], what: &str| {
        let request = cx.operation(&call).bearer(token).purpose(format!("{name}, {what}"));
        headers.iter().fold(request, |request, (name, value)| with(request, name, value))
    };
    let control = cx.send(&request(&mirrored, "its arguments mirrored (control)")).await?;
    if control.outcome() != Outcome::Served {
        let because =
            format!("{name} with its Mcp-Param headers got {}; name its arguments with --tool", control.describe());
        return Err(Stop::inconclusive(because));
    }
    let Some(((header, value), others)) = mirrored.split_first() else { return Ok(()) };
    let lying = [&[(header.clone(), another(value))], others].concat();
    let reply = cx.send(&request(&lying, &format!("another value in {header}"))).await?;
    expect_not_served(&reply, &format!("{name} with another value in {header}"))?;
    let reply = cx.send(&request(others, &format!("without {header}"))).await?;
    expect_not_served(&reply, &format!("{name} without {header}"))
}

/// The call of a listed tool, if it may be called and headers mirror some of its arguments.
fn marked(cx: &Context, tool: &Value) -> Option<Marked> {
    let name = tool["name"].as_str()?;
    let named = cx.options().tools.iter().find(|(known, _)| known == name).map(|(_, arguments)| arguments.clone());
    let is_read_only = tool["annotations"]["readOnlyHint"] == Value::Bool(true);
    let schema = &tool["inputSchema"];
    let properties = schema["properties"].as_object()?;
    let headers: Vec<_> =
        properties.iter().filter_map(|(name, property)| Some((name, property, header(property)?))).collect();
    let required = schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str);
    let needs_others = required.into_iter().any(|name| !headers.iter().any(|(known, ..)| *known == name));
    if named.is_none() && (!is_read_only || needs_others) {
        return None;
    }
    let mut arguments = named.unwrap_or_default();
    if is_read_only {
        for (name, property, _) in &headers {
            if let Some(value) = made_up(property).filter(|_| !arguments.contains_key(*name)) {
                arguments.insert((*name).clone(), value);
            }
        }
    }
    let mirrored = |(name, _, header): (&String, &Value, HeaderName)| {
        let value = arguments.get(name).filter(|value| text(value).is_some())?;
        Some((header, value.clone()))
    };
    let mirrored: Vec<_> = headers.into_iter().filter_map(mirrored).collect();
    let call = Operation::CallTool { name: name.to_owned(), arguments: arguments.clone() };
    (!mirrored.is_empty()).then_some(Marked { call, mirrored })
}

/// The header that mirrors an argument, as its schema says.
fn header(property: &Value) -> Option<HeaderName> {
    let name = property["x-mcp-header"].as_str()?;
    HeaderName::try_from(format!("mcp-param-{}", name.to_ascii_lowercase())).ok()
}

/// A value that the schema allows, as far as this is seen at once.
fn made_up(property: &Value) -> Option<Value> {
    if let Some(value) = property["enum"].as_array().and_then(|values| values.first()) {
        return Some(value.clone());
    }
    match property["type"].as_str()? {
        "string" => Some(json!("conformance")),
        "integer" => Some(property.get("minimum").filter(|least| least.is_i64()).cloned().unwrap_or(json!(1))),
        "boolean" => Some(json!(true)),
        _ => None,
    }
}

/// What a header says of this value; only strings, integers and booleans are mirrored.
fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Bool(_) => Some(value.to_string()),
        Value::Number(number) if number.is_i64() || number.is_u64() => Some(value.to_string()),
        _ => None,
    }
}

/// Another value of the same type.
fn another(value: &Value) -> Value {
    match value {
        Value::Bool(value) => json!(!value),
        Value::Number(number) => json!(number.as_i64().unwrap_or_default().wrapping_add(1)),
        _ => json!("conformance-other"),
    }
}

fn with(mut request: Request, name: &HeaderName, value: &Value) -> Request {
    if let Some(value) = text(value).and_then(|text| HeaderValue::try_from(encoded(&text)).ok()) {
        request.headers.insert(name.clone(), value);
    }
    request
}

/// The text as it goes into a header ("Value Encoding").
fn encoded(text: &str) -> String {
    let is_safe = text.bytes().all(|byte| byte == b'\t' || (b' '..=b'~').contains(&byte)) && text.trim() == text;
    let is_wrapped = text.starts_with("=?base64?") && text.ends_with("?=");
    if is_safe && !is_wrapped { text.to_owned() } else { format!("=?base64?{}?=", STANDARD.encode(text)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_encoded_as_the_specification_shows_it() {
        for (text, header) in [
            ("us-west1", "us-west1"),
            (" padded ", "=?base64?IHBhZGRlZCA=?="),
            ("line1\nline2", "=?base64?bGluZTEKbGluZTI=?="),
            ("=?base64?literal?=", "=?base64?PT9iYXNlNjQ/bGl0ZXJhbD89?="),
        ] {
            assert_eq!(encoded(text), header);
        }
    }

    #[test]
    fn another_value_is_another_one_of_its_type() {
        for value in [json!("a"), json!(7), json!(true)] {
            let other = another(&value);
            assert_ne!(other, value);
            assert!(text(&other).is_some());
        }
        assert_eq!(text(&json!(1.5)), None);
    }
}
