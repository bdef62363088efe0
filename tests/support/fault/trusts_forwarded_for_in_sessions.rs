//! Lets in what claims to come from its own machine, as a user of its own, whose sessions are not those of others.

use super::Fault;
use crate::oddity::opens_sessions::{SESSIONS, sessions};

pub(super) const FAULT: Fault = Fault {
    name: "trusts-forwarded-for-in-sessions",
    breaks: &["sbp-verify-all-requests"],
    lets_in: |asked| asked.header("x-forwarded-for") == Some("127.0.0.1"),
    response: |asked, response| sessions(asked, response, &SESSIONS),
    ..Fault::NONE
};
