//! How the faulty server's tools ask for input, and how it keeps what it hands out on the way; each fault bends one rule.

use serde_json::{Value, json};

use super::Asked;

/// What is looked at before something is asked, taken or shown. [`Inputs::RIGHT`] is as it should be.
#[derive(Debug, Clone, Copy)]
#[expect(clippy::struct_excessive_bools, reason = "each is a rule of its own")]
pub struct Inputs {
    /// Whether a client is asked in the modes alone that it declared.
    pub declared: bool,
    /// The JSON-RPC error for a client that cannot be asked.
    pub missing: fn() -> Value,
    /// Whether the seal of a `requestState` is looked at.
    pub sealed: bool,
    /// Whether a `requestState` is good for its own user alone.
    pub principal: bool,
    /// Whether it is good for its own request alone.
    pub request: bool,
    /// Whether it lapses.
    pub lapses: bool,
    /// Whether a voucher is redeemed once.
    pub once: bool,
    /// The property of a form that takes a text, by the name that it would have.
    pub property: fn(&'static str) -> &'static str,
    /// What the form says of a property that takes any text.
    pub description: &'static str,
    /// What the elicitation's URL says beside its id, of the user with these claims.
    pub query: fn(&Value) -> String,
    /// Whether the page behind it is shown to signed-in users alone.
    pub signed_in: bool,
    /// Whether a browser gets as far as the page, past what stands in front.
    pub page_open: fn(&Asked) -> bool,
    /// Whether it is shown to the user alone who was sent there.
    pub same_user: bool,
    /// Whether a handle is taken for its user's token.
    pub handle_is_token: bool,
    /// Whether a handle is good for its own user alone.
    pub handle_bound: bool,
    /// Makes a handle of a random text.
    pub handle: fn(String) -> String,
    /// Whether a task is shown to its own user alone.
    pub task_bound: bool,
}

impl Inputs {
    /// As it should be.
    pub const RIGHT: Self = Self {
        declared: true,
        missing: || json!({"code": -32021, "message": "the client cannot be asked"}),
        sealed: true,
        principal: true,
        request: true,
        lapses: true,
        once: true,
        property: |name| name,
        description: "What others call you. Do not enter your password here.",
        query: |_| String::new(),
        signed_in: true,
        page_open: |_| true,
        same_user: true,
        handle_is_token: false,
        handle_bound: true,
        handle: |random| random,
        task_bound: true,
    };
}
