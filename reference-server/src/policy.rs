//! What a request is about to do, and which scopes that takes.

use axum::response::Response;
use http::request::Parts;

use crate::scopes::Scopes;

/// Tells the guard what it needs to know about a request.
///
/// A closure from a request's head to scopes is a policy, for services whose method and path say it all.
pub trait Policy: Send + Sync + 'static {
    /// How much of the body [`operation`](Self::operation) must see; none leaves the body streaming.
    fn body_limit(&self) -> Option<usize> {
        None
    }

    /// What the request is about to do; or why that cannot be understood.
    ///
    /// The head has no `Authorization` field. `body` is empty unless there is a
    /// [`body_limit`](Self::body_limit).
    fn operation(&self, head: &Parts, body: &[u8]) -> Result<Operation, Refusal>;

    /// Whether a token with the scopes `held` may do it. A policy whose scopes imply others says so here.
    fn permits(&self, operation: &Operation, held: &Scopes) -> bool {
        held.contains_all(&operation.scopes)
    }
}

impl<F: Fn(&Parts) -> Scopes + Send + Sync + 'static> Policy for F {
    fn operation(&self, head: &Parts, _body: &[u8]) -> Result<Operation, Refusal> {
        Ok(Operation { scopes: self(head), call: None })
    }
}

/// What a request is about to do.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Operation {
    /// All the scopes that it needs, for one challenge that names them all.
    pub scopes: Scopes,
    /// The call to record in the audit trail, if it is one.
    pub call: Option<Call>,
}

/// A call that the audit trail records.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Call {
    /// The name of the tool.
    pub tool: String,
    /// The names of its arguments; their values are nobody's business.
    pub arguments: Vec<String>,
}

/// What becomes of a request that cannot be understood.
#[derive(Debug)]
pub struct Refusal {
    /// What the caller is told.
    pub response: Box<Response>,
    /// The call that it would have been, as far as that can be told. The refusal of an identified caller is
    /// recorded in any case: what nobody understood may have been a call.
    pub call: Option<Call>,
}

impl From<Box<Response>> for Refusal {
    fn from(response: Box<Response>) -> Self {
        Self { response, call: None }
    }
}
