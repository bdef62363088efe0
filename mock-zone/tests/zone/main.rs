//! The zone over HTTP, as clients, browsers and test suites use it: a module per subject.

mod algorithms;
mod assertions;
mod authorize_refusals;
mod client_metadata;
mod clock;
mod code_flow;
mod control_plane;
mod cors;
mod exchange;
mod faults;
mod guard;
mod held;
mod impersonation;
mod introspection;
mod limits;
mod oidc;
mod openapi;
mod program;
mod registration;
mod requests;
mod resources;
mod sign_in;
mod site;
mod support;
mod token_refusals;
mod userinfo;
