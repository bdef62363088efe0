//! The zone over HTTP, as clients, browsers and test suites use it: a module per subject.

mod authorize_refusals;
mod clock;
mod code_flow;
mod control_plane;
mod exchange;
mod faults;
mod guard;
mod held;
mod introspection;
mod openapi;
mod program;
mod registration;
mod requests;
mod sign_in;
mod support;
mod token_refusals;
