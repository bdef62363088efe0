//! JSON-RPC messages, in answers of any status.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let some = bytes.iter().fold(0_u16, |sum, byte| sum.wrapping_mul(31).wrapping_add(u16::from(*byte)));
    let status = http::StatusCode::from_u16(100 + some % 500).expect("a status");
    conformance::any_input::message(bytes, status);
});
