//! The zone does not record `users:authorize`.

use super::Fault;

pub(super) const FAULT: Fault = Fault {
    name: "zone-forgets-authorize",
    breaks: &["keycard-guide-audit-users-authorize"],
    feed: Some(|feed| {
        if let Some(events) = feed["events"].as_array_mut() {
            events.retain(|event| event["event"] != "users:authorize");
        }
    }),
    ..Fault::NONE
};
