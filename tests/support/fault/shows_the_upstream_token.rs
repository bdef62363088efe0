//! Shows the request that it made, its token included, in the answer.

use super::Fault;

pub(super) const FAULT: Fault = Fault {
    name: "shows-the-upstream-token",
    breaks: &["mcp-elicitation-no-third-party-credentials-to-client"],
    delegation: |delegation| delegation.shows = |token| format!(" (with Authorization: Bearer {token})"),
    launched: true,
    ..Fault::NONE
};
