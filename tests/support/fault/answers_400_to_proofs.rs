//! Answers 400 to a wrong proof.

use http::StatusCode;

use super::Fault;
use crate::oddity::takes_dpop::{self, bound_token};

pub(super) const FAULT: Fault = Fault {
    name: "answers-400-to-proofs",
    breaks: &["dpop-failure-401"],
    response: |asked, response| {
        (takes_dpop::ODDITY.response)(asked, response);
        if bound_token(asked).is_some() && response.status() == StatusCode::UNAUTHORIZED {
            *response.status_mut() = StatusCode::BAD_REQUEST;
        }
    },
    ..takes_dpop::ODDITY
};
