//! What the user's configuration says of a server's tools, resources and completions: what nobody can see from outside.
//!
//! What is declared may be called. A check whose subject nobody declared ends with [`Stop::Undeclared`].

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::check::Stop;
use crate::checks::inputs::names_a_secret;

/// The longest life of a `requestState` that is still short, in seconds.
const SHORT: u64 = 900;

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
    /// Whether it asks its caller for input before it completes. A run calls it some dozens of times, and answers.
    #[serde(default)]
    pub asks_for_input: bool,
    /// What to fill into its forms, by the property of `requestedSchema`; what is not named here is made up.
    #[serde(default)]
    pub input: Map<String, Value>,
    /// Other arguments with which it asks as well, to see whether a `requestState` fits those of its own request only.
    pub other_arguments: Option<Map<String, Value>>,
    /// Whether what its `requestState` says decides what is done or shown.
    #[serde(default)]
    pub state_has_meaning: bool,
    /// After how many seconds its `requestState` is no longer taken. So long is waited, and for 900 s at most.
    pub state_lasts: Option<u64>,
    /// Whether one `requestState` of it may be used once only.
    #[serde(default)]
    pub one_time: bool,
    /// Whether its forms do ask for secrets, where they look so. Not said: such a form is a warning.
    pub asks_for_secrets: Option<bool>,
    /// What to type on the page behind the URL that it sends its user to, by the name of the input.
    #[serde(default)]
    pub page: BTreeMap<String, String>,
    /// A text on that page which only the signed-in user gets to see.
    pub page_shows: Option<String>,
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

    /// After how many seconds its `requestState` must have lapsed: as declared, and no more than is called short.
    pub fn state_lasts_at_most(&self) -> Option<u64> {
        self.state_lasts.map(|seconds| seconds.min(SHORT))
    }
}

impl Declared {
    /// Whether nothing was declared that a check could rest on.
    pub fn is_empty(&self) -> bool {
        self.tools.is_empty() && self.resources.is_empty() && self.completions.is_empty()
    }

    /// What is declared to be typed where secrets are asked for: on pages, and into inputs that are named like one.
    pub fn secrets(&self, mut each: impl FnMut(&str)) {
        for tool in self.tools.values() {
            tool.page.values().for_each(|typed| each(typed));
            let named = tool.input.iter().filter(|(name, _)| names_a_secret(name));
            named.filter_map(|(_, value)| value.as_str()).for_each(&mut each);
        }
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

    /// For how many seconds a check may wait until a `requestState` has lapsed.
    pub fn longest_state(&self) -> u64 {
        self.tools.values().filter_map(Tool::state_lasts_at_most).max().unwrap_or(0)
    }

    /// The tools that call the suite's upstream.
    pub fn upstream_tools(&self) -> impl Iterator<Item = (&str, &Tool)> {
        self.tools.iter().filter(|(_, tool)| tool.upstream).map(|(name, tool)| (name.as_str(), tool))
    }
}
