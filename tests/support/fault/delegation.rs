//! How a server calls an API behind it in its caller's name: rightly, but for what a fault changes.

/// The parts of a token exchange and of the call that follows. What a fault leaves is as it should be.
#[derive(Debug, Clone, Copy)]
pub struct Delegation {
    /// An exchange that is tried first and comes to nothing.
    pub first: Option<Attempt>,
    /// Whether the first token that an exchange gave serves everybody.
    pub keeps: bool,
    /// Whether the caller's token goes to the API in place of an exchanged one.
    pub forwards: bool,
    /// Whether it does where the exchange fails.
    pub falls_back: bool,
    /// A header that goes to the API, made of the caller's token.
    pub header: Option<fn(&str) -> String>,
    /// What is added to the answer, made of the token for the API.
    pub shows: fn(&str) -> String,
}

/// A request to the token endpoint that is not as it should be.
#[derive(Debug, Clone, Copy)]
pub struct Attempt {
    /// Whether it is JSON.
    pub as_json: bool,
    /// Changes the parameters.
    pub form: fn(&mut Vec<(&'static str, String)>),
}

impl Delegation {
    /// As it should be.
    pub const RIGHT: Self =
        Self { first: None, keeps: false, forwards: false, falls_back: false, header: None, shows: |_| String::new() };
}
