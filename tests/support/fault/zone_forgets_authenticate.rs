//! The zone does not record `users:authenticate`.

use super::Fault;

pub(super) const FAULT: Fault = Fault {
    name: "zone-forgets-authenticate",
    breaks: &["keycard-guide-audit-users-authenticate"],
    feed: Some(|feed| {
        if let Some(events) = feed["events"].as_array_mut() {
            events.retain(|event| event["event"] != "users:authenticate");
        }
    }),
    ..Fault::NONE
};
