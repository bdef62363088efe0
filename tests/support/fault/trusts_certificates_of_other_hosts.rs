//! Fetches keys from whoever has a certificate at all in the place of its zone.

use super::{Certificate, Fault};

pub(super) const FAULT: Fault = Fault {
    name: "trusts-certificates-of-other-hosts",
    breaks: &["rfc8414-6.2-server-metadata-impersonation"],
    rules: |rules| rules.keys.certificate = Certificate::OfAnyHost,
    launched: true,
    ..Fault::NONE
};
