//! Logs the calls that it served, and no other.

use super::Fault;

pub(super) const FAULT: Fault = Fault {
    name: "logs-served-calls-only",
    breaks: &["keycard-guide-tool-call-logged"],
    record: |record| record["decision"] == "allowed",
    launched: true,
    ..Fault::NONE
};
