//! Logs who called when the token is verified, and the call by the token's name alone.

use serde_json::{Value, json};

use super::Fault;

pub(super) const FAULT: Fault = Fault {
    name: "logs-callers-beside-the-call",
    breaks: &["keycard-guide-tool-call-identity-in-log"],
    record: |record| {
        let verified = json!({"event": "token verified", "subject": record["subject"].take(), "client_id": record["client_id"].take()});
        *record = Value::Array(vec![verified, record.take()]);
        true
    },
    launched: true,
    ..Fault::NONE
};
