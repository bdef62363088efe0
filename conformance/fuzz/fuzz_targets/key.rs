//! JSON Web Keys (RFC 7517).
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| conformance::any_input::key(bytes));
