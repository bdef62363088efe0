//! The audit trail: what happened, in order, kept in a ring.
//!
//! An event is recorded before the response that it describes is sent, and carries no token, code, secret or password.

mod event;
mod log;

pub(crate) use event::{ClientRef, Draft, EventName, Scopes, Source, UserRef};
pub(crate) use log::{AuditLog, EventFilter};
