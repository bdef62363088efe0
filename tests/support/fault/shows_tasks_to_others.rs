//! Shows any task to any user.

use super::Fault;

pub(super) const FAULT: Fault = Fault {
    name: "shows-tasks-to-others",
    breaks: &["mcp-tasks-bound-to-authorization-context"],
    inputs: |rules| rules.task_bound = false,
    ..Fault::NONE
};
