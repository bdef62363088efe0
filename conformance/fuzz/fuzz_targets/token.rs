//! Access tokens: JWTs (RFC 7519) and others.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| conformance::any_input::token(bytes));
