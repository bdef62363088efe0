//! Is its own authorization server, with a page that any site can frame.

use super::Fault;
use crate::oddity::is_its_own_authorization_server::{ALONE, AUTHORIZATION, Authorization, authorize};
use crate::oddity::speaks_four_revisions::admit;

pub(super) const FAULT: Fault = Fault {
    name: "lets-its-consent-be-framed",
    breaks: &["sbp-proxy-consent-framing"],
    request: |asked, head| admit(asked, head, ALONE),
    response: |asked, response| {
        authorize(asked, response, &Authorization { is_framed: true, ..AUTHORIZATION });
    },
    ..Fault::NONE
};
