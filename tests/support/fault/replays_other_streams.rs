//! Replays to a user all that came after an event, whatever stream it was for.

use super::Fault;
use crate::oddity::resumes_streams::{Resumption, streams};

pub(super) const FAULT: Fault = Fault {
    name: "replays-other-streams",
    breaks: &["mcp-transport-resume-not-cross-stream"],
    response: |asked, response| streams(asked, response, Resumption { own_users: true, own_stream: false }),
    ..Fault::NONE
};
