//! Verifies with the certificate at the address that a token names as `x5u`.

use super::{Fault, Strangers};

pub(super) const FAULT: Fault = Fault {
    name: "trusts-certificate-url",
    breaks: &["rfc9068-4-keys-from-as"],
    rules: |r| r.strangers = Strangers::CertificateAtUrl,
    ..Fault::NONE
};
