//! Tells its clients, in a log message, which header it was sent.

use super::Fault;
use crate::oddity::sends_log_messages::sends_log_messages;

pub(super) const FAULT: Fault = Fault {
    name: "sends-the-token-as-a-log-message",
    breaks: &["mcp-logging-no-secrets"],
    response: |asked, response| {
        let header = asked.authorization.clone().unwrap_or_default();
        sends_log_messages(asked, response, &format!("request with {header}"));
    },
    ..Fault::NONE
};
