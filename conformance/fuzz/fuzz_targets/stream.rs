//! Event streams (Server-Sent Events).
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    // The pieces are of another size from one input to the next.
    let size = bytes.last().map_or(1, |last| usize::from(last % 50) + 1);
    conformance::any_input::stream(bytes, size);
});
