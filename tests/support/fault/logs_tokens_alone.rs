//! Logs that a token was verified, and not what was called with it.

use serde_json::json;

use super::Fault;

pub(super) const FAULT: Fault = Fault {
    name: "logs-tokens-alone",
    breaks: &["keycard-guide-tool-call-logged", "keycard-guide-tool-call-identity-in-log"],
    record: |record| {
        *record = json!({
            "event": "token verified",
            "subject": record["subject"],
            "client_id": record["client_id"],
            "token_id": record["token_id"],
        });
        true
    },
    launched: true,
    ..Fault::NONE
};
