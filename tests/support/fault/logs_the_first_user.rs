//! Logs every call as the first caller's.

use std::sync::OnceLock;

use serde_json::Value;

use super::Fault;

pub(super) const FAULT: Fault = Fault {
    name: "logs-the-first-user",
    breaks: &["keycard-guide-tool-call-identity-in-log"],
    record: |record| {
        record["subject"] = FIRST.get_or_init(|| record["subject"].take()).clone();
        true
    },
    launched: true,
    ..Fault::NONE
};

static FIRST: OnceLock<Value> = OnceLock::new();
