//! The zone over HTTP, as clients, browsers and test suites use it: a module per subject.

mod assertions;
mod authorize_refusals;
mod client_metadata;
mod code_flow;
mod control_plane;
mod exchange;
mod faults;
mod guard;
mod impersonation;
mod introspection;
mod program;
mod registration;
mod sign_in;
mod site;
mod support;
mod token_refusals;
