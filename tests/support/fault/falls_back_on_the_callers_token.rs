//! Sends its caller's token to the API behind it where the exchange fails.

use super::Fault;

pub(super) const FAULT: Fault = Fault {
    name: "falls-back-on-the-callers-token",
    breaks: &["rfc8693-server-exchange-refused-fails-closed"],
    delegation: |delegation| delegation.falls_back = true,
    launched: true,
    ..Fault::NONE
};
