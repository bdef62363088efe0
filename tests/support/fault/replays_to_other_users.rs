//! Resumes a stream for whoever names it.

use super::Fault;
use crate::oddity::resumes_streams::{Resumption, streams};

pub(super) const FAULT: Fault = Fault {
    name: "replays-to-other-users",
    breaks: &["mcp-transport-resume-not-cross-stream"],
    response: |asked, response| streams(asked, response, Resumption { own_users: false, own_stream: true }),
    ..Fault::NONE
};
