//! The zone does not record `credentials:issue`.

use super::Fault;

pub(super) const FAULT: Fault = Fault {
    name: "zone-forgets-issue",
    breaks: &["keycard-guide-audit-credentials-issue"],
    feed: Some(|feed| {
        if let Some(events) = feed["events"].as_array_mut() {
            events.retain(|event| event["event"] != "credentials:issue");
        }
    }),
    ..Fault::NONE
};
