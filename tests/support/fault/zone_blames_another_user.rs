//! The zone records a sign-in for another user.

use super::Fault;

pub(super) const FAULT: Fault = Fault {
    name: "zone-blames-another-user",
    breaks: &["keycard-guide-audit-users-authenticate"],
    feed: Some(|feed| {
        for event in feed["events"].as_array_mut().into_iter().flatten() {
            event["actor"]["user"]["identifier"] = "mallory".into();
        }
    }),
    ..Fault::NONE
};
