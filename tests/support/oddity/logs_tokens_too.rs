//! Logs that a token was verified, and beside that the call.

use serde_json::{Value, json};

use crate::fault::Fault;

pub(super) const ODDITY: Fault = Fault {
    name: "logs-tokens-too",
    record: |record| {
        let verified = json!({"event": "token verified", "client": "127.0.0.1:41000", "jti": record["token_id"]});
        *record = Value::Array(vec![verified, record.take()]);
        true
    },
    launched: true,
    ..Fault::NONE
};
