//! Logs each call by itself: nothing ties two records together.

use super::Fault;

pub(super) const FAULT: Fault = Fault {
    name: "logs-no-correlation",
    breaks: &["sbp-log-elevation-events"],
    record: |record| {
        record["correlation_id"] = record["id"].clone();
        true
    },
    launched: true,
    ..Fault::NONE
};
