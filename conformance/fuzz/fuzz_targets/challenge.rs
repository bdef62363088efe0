//! `WWW-Authenticate` (RFC 9110, section 11.6.1).
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| conformance::any_input::challenge(bytes));
