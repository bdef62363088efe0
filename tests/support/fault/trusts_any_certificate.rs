//! Fetches keys from whoever answers in the place of its zone.

use super::{Certificate, Fault};

pub(super) const FAULT: Fault = Fault {
    name: "trusts-any-certificate",
    breaks: &["rfc8414-6.2-server-metadata-impersonation"],
    rules: |rules| rules.keys.certificate = Certificate::Any,
    launched: true,
    ..Fault::NONE
};
