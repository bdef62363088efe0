//! Takes proofs without a nonce, as it may.

use super::Fault;
use crate::oddity::takes_dpop::{self, Unchecked, admit};

pub(super) const FAULT: Fault = Fault {
    name: "gives-no-nonce",
    breaks: &["dpop-server-nonce"],
    request: |asked, head| admit(asked, head, Unchecked::Nonce),
    response: |asked, response| {
        (takes_dpop::ODDITY.response)(asked, response);
        response.headers_mut().remove("dpop-nonce");
    },
    ..takes_dpop::ODDITY
};
