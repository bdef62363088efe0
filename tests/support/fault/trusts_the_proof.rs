//! Lets in whoever proves to have the key of a token, whatever the token says.

use super::Fault;
use crate::oddity::takes_dpop::{self, Unchecked, bound_token, is_proven};

pub(super) const FAULT: Fault = Fault {
    name: "trusts-the-proof",
    breaks: &["dpop-audience-still-validated"],
    lets_in: |asked| bound_token(asked).is_some_and(|token| is_proven(asked, token, Unchecked::Nothing)),
    ..takes_dpop::ODDITY
};
