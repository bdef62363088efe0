//! Asks for an exchange for an API by a name that is no URI, and by its URL when that is refused.

use super::{Attempt, Fault};

pub(super) const FAULT: Fault = Fault {
    name: "exchanges-for-a-bare-name",
    breaks: &["rfc8693-server-exchange-resource"],
    delegation: |delegation| {
        delegation.first = Some(Attempt {
            as_json: false,
            form: |form| {
                form.retain(|(name, _)| *name != "resource");
                form.push(("resource", "upstream".to_owned()));
            },
        });
    },
    launched: true,
    ..Fault::NONE
};
