//! Does not look at the audience any more once a token with the right one has come.

use std::sync::atomic::{AtomicBool, Ordering};

use super::Fault;

pub(super) const FAULT: Fault = Fault {
    name: "remembers-audience",
    breaks: &["oauth21-7.1.4-audience-every-request"],
    lets_in: |asked| {
        let audience = asked.claims()["aud"].clone();
        if audience.as_str().is_some_and(|aud| aud.starts_with("http://127.0.0.1")) {
            SEEN.store(true, Ordering::Relaxed);
        }
        audience == "https://other.example/mcp" && SEEN.load(Ordering::Relaxed)
    },
    ..Fault::NONE
};

static SEEN: AtomicBool = AtomicBool::new(false);
