//! Asks for an exchange in JSON, and by a form only when that is refused.

use super::{Attempt, Fault};

pub(super) const FAULT: Fault = Fault {
    name: "exchanges-by-json",
    breaks: &["rfc8693-server-exchange-parameters"],
    delegation: |delegation| delegation.first = Some(Attempt { as_json: true, form: |_| {} }),
    launched: true,
    ..Fault::NONE
};
