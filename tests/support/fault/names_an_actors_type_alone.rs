//! Names the type of an actor token and sends none, until that is refused.

use super::{Attempt, Fault};

pub(super) const FAULT: Fault = Fault {
    name: "names-an-actors-type-alone",
    breaks: &["rfc8693-server-actor-token-type"],
    delegation: |delegation| {
        delegation.first = Some(Attempt {
            as_json: false,
            form: |form| {
                form.push(("actor_token_type", "urn:ietf:params:oauth:token-type:access_token".to_owned()));
            },
        });
    },
    launched: true,
    ..Fault::NONE
};
