//! The zone over HTTP, as clients, browsers and test suites use it: a module per subject.

mod authorize_refusals;
mod code_flow;
mod consent;
mod control_plane;
mod exchange;
mod faults;
mod guard;
mod introspection;
mod program;
mod registration;
mod sessions;
mod sign_in;
mod sign_up;
mod support;
mod token_refusals;
