//! Serves an older client in a session only, as it may.

use super::Fault;
use crate::oddity::opens_sessions;

pub(super) const FAULT: Fault = Fault {
    name: "wants-a-session",
    breaks: &["keycard-guide-stateless-mode"],
    response: |asked, response| opens_sessions::sessions(asked, response, &opens_sessions::SESSIONS),
    ..Fault::NONE
};
