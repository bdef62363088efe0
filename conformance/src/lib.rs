//! Exercises a protected MCP server over the wire and reports what it saw.
//!
//! The way of a run: [`survey`] finds a token that the server accepts, [`runner`] puts the [`checks`] to it, each in a
//! [`context`] that records, and [`report`] writes what they came to.

pub mod altered;
#[cfg(any(test, fuzzing))]
pub mod any_input;
pub mod baseline;
pub mod browser;
pub mod caller;
pub mod catalogue;
pub mod challenge;
pub mod check;
pub mod checks;
pub mod cli;
pub mod client;
pub mod context;
pub mod controls;
pub mod cors;
pub mod coverage;
pub mod declared;
pub mod discovery;
pub mod docs;
pub mod dpop;
pub mod elsewhere;
pub mod exit_status;
pub mod files;
pub mod framework;
pub mod given;
pub mod inputs;
pub mod launch;
pub mod ledger;
pub mod leeway;
pub mod login;
#[cfg(test)]
mod mangled;
pub mod mcp;
pub mod no_reply;
pub mod oauth;
pub mod outage;
pub mod pages;
pub mod public_key;
pub mod redirects;
pub mod remedy;
pub mod reply;
pub mod report;
pub mod rollover;
pub mod runner;
pub mod scene;
pub mod secrets;
pub mod server_audit;
pub mod sign_in;
pub mod spelling;
pub mod survey;
pub mod text;
pub mod tls;
pub mod token;
pub mod traces;
pub mod transcript;
pub mod upstream;
pub mod waiting;
pub mod waits;
pub mod zone;
