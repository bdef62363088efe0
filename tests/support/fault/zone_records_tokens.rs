//! The zone records the token that it issued.

use super::Fault;

pub(super) const FAULT: Fault = Fault {
    name: "zone-records-tokens",
    breaks: &["audit-feed-no-tokens"],
    feed: Some(|feed| {
        for event in feed["events"].as_array_mut().into_iter().flatten() {
            if event["event"] == "credentials:issue" {
                // {"alg":"RS256"} . {"sub":"alice"} . signature
                event["message"] = "issued eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhbGljZSJ9.c2lnbmF0dXJl".into();
            }
        }
    }),
    ..Fault::NONE
};
