//! What the user's configuration says of a server's tools, resources and completions: what nobody can see from outside.
//!
//! What is declared may be called. A check whose subject nobody declared ends with [`Stop::Undeclared`].

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::check::Stop;

/// All declarations of one configuration.
#[derive(Debug, Clone, Default)]
pub struct Declared {
    /// Tools by name.
    pub tools: BTreeMap<String, Tool>,
    /// Resources by URI.
    pub resources: BTreeMap<String, Resource>,
    /// Completions.
    pub completions: Vec<Completion>,
}

/// One tool.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
#[expect(clippy::struct_excessive_bools, reason = "each is a declaration of its own")]
pub struct Tool {
    /// The arguments to call it with; none given: an empty object.
    #[serde(default)]
    pub arguments: Map<String, Value>,
    /// The scopes that it needs.
    #[serde(default)]
    pub scopes: Vec<String>,
    /// Whether it calls the API at `UPSTREAM_URL`.
    #[serde(default)]
    pub upstream: bool,
    /// Claims that make the accepted token one that may not call it, such as `{ sub = "mallory" }`.
    pub denied_to: Option<Map<String, Value>>,
    /// Whether it asks its caller for input before it completes.
    #[serde(default)]
    pub asks_for_input: bool,
    /// Whether what its `requestState` says decides what is done or shown.
    #[serde(default)]
    pub state_has_meaning: bool,
    /// Whether one `requestState` of it may be used once only.
    #[serde(default)]
    pub one_time: bool,
    /// Whether the user confirms that its forms ask for secrets, where they look so.
    #[serde(default)]
    pub asks_for_secrets: bool,
    /// Whether it may be called as a task.
    #[serde(default)]
    pub task: bool,
    /// The handle that its result holds.
    pub handle: Option<Handle>,
}

/// A handle to state of the server, which one tool issues and another takes.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Handle {
    /// Where it stands in the result: a JSON pointer (RFC 6901), such as `/structuredContent/cart`.
    pub at: String,
    /// The tool that takes it.
    pub tool: String,
    /// The argument of that tool which is the handle.
    pub argument: String,
    /// The other arguments of that tool.
    #[serde(default)]
    pub arguments: Map<String, Value>,
    /// Whether it is no secret, such as a small number that only names.
    #[serde(default)]
    pub public: bool,
}

/// One resource.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Resource {
    /// Claims that make the accepted token one that may not read it.
    pub denied_to: Option<Map<String, Value>>,
}

/// One completion (MCP `completion/complete`).
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Completion {
    /// The prompt that has the argument; or `resource`.
    pub prompt: Option<String>,
    /// The resource template that has the argument; or `prompt`.
    pub resource: Option<String>,
    /// The argument's name.
    pub argument: String,
    /// What is typed so far.
    #[serde(default)]
    pub value: String,
    /// A suggestion that not everybody may see.
    pub secret: String,
    /// Claims that make the accepted token one that may not see it.
    pub denied_to: Map<String, Value>,
}

impl Tool {
    /// Whether it does nothing that a call for another purpose would set going.
    pub fn is_plain(&self) -> bool {
        !self.upstream && !self.asks_for_input && !self.one_time && !self.task && self.handle.is_none()
    }
}

impl Declared {
    /// Whether nothing was declared that a check could rest on.
    pub fn is_empty(&self) -> bool {
        self.tools.is_empty() && self.resources.is_empty() && self.completions.is_empty()
    }

    /// The tools of which this holds, in the order of their names.
    ///
    /// # Errors
    /// [`Stop::Undeclared`] with `wanted`, where there is none.
    pub fn tools_that<'a>(
        &'a self,
        wanted: &'static str,
        holds: impl Fn(&Tool) -> bool,
    ) -> Result<Vec<(&'a str, &'a Tool)>, Stop> {
        let found: Vec<_> = self.tools.iter().filter(|(_, t)| holds(t)).map(|(name, t)| (name.as_str(), t)).collect();
        if found.is_empty() { Err(Stop::Undeclared { wanted }) } else { Ok(found) }
    }

    /// The tools that call the suite's upstream.
    pub fn upstream_tools(&self) -> impl Iterator<Item = (&str, &Tool)> {
        self.tools.iter().filter(|(_, tool)| tool.upstream).map(|(name, tool)| (name.as_str(), tool))
    }
}
