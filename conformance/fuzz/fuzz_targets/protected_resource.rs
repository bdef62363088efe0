//! Metadata of a protected resource (RFC 9728).
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| conformance::any_input::protected_resource(bytes));
