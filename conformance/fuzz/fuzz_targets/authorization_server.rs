//! Metadata of an authorization server (RFC 8414).
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| conformance::any_input::authorization_server(bytes));
