//! Tells its clients, in a log message, with which header a call failed.

use serde_json::Value;

use super::Fault;
use crate::oddity::sends_log_messages::sends_log_messages;

pub(super) const FAULT: Fault = Fault {
    name: "sends-the-token-as-a-log-message",
    breaks: &["mcp-logging-no-secrets"],
    response: |asked, response| {
        let answer: Value = serde_json::from_slice(response.body()).unwrap_or_default();
        let header = asked.authorization.clone().unwrap_or_default();
        let text = if answer["error"].is_null() { "a tool was called".to_owned() } else { format!("failed: {header}") };
        sends_log_messages(asked, response, &text);
    },
    ..Fault::NONE
};
