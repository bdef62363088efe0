//! The zone records its events in the wrong order.

use super::Fault;

pub(super) const FAULT: Fault = Fault {
    name: "zone-reorders-events",
    breaks: &["keycard-guide-audit-users-authenticate", "keycard-guide-audit-users-authorize"],
    feed: Some(|feed| {
        if let Some(events) = feed["events"].as_array_mut() {
            events.reverse();
        }
    }),
    ..Fault::NONE
};
