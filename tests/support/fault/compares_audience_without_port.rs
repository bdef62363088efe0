//! Compares audiences without their port.

use serde_json::Value;

use super::{Fault, contains};

pub(super) const FAULT: Fault = Fault {
    name: "compares-audience-without-port",
    breaks: &["rfc9068-4-aud"],
    rules: |r| {
        r.audience = |aud, own, _| {
            let alike = |aud: &str| {
                let without_port = |text: &str| {
                    let (origin, path) = text.rsplit_once('/').unwrap_or((text, ""));
                    (origin.rsplit_once(':').map_or(origin, |(host, _)| host).to_owned(), path.to_owned())
                };
                without_port(aud) == without_port(own)
            };
            contains(aud, own) || aud.and_then(Value::as_str).is_some_and(alike)
        };
    },
    ..Fault::NONE
};
