//! Exchanges one token, and calls the API behind it for everybody with what that gave.

use super::Fault;

pub(super) const FAULT: Fault = Fault {
    name: "keeps-the-first-exchanged-token",
    breaks: &["rfc8693-server-exchange-per-user"],
    delegation: |delegation| delegation.keeps = true,
    launched: true,
    ..Fault::NONE
};
