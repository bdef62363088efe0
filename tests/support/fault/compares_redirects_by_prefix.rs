//! Is its own authorization server, and sends users to whatever begins like a registered address.

use super::Fault;
use crate::oddity::is_its_own_authorization_server::{ALONE, AUTHORIZATION, Authorization, authorize};
use crate::oddity::speaks_four_revisions::admit;

pub(super) const FAULT: Fault = Fault {
    name: "compares-redirects-by-prefix",
    breaks: &["sbp-proxy-redirect-exact"],
    request: |asked, head| admit(asked, head, ALONE),
    response: |asked, response| {
        authorize(
            asked,
            response,
            &Authorization {
                redirects_to: |registered, uri| registered.iter().any(|known| uri.starts_with(known)),
                ..AUTHORIZATION
            },
        );
    },
    ..Fault::NONE
};
