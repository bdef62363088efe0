//! Verifies with the certificate that a token brings as `x5c`.

use super::{Fault, Strangers};

pub(super) const FAULT: Fault = Fault {
    name: "trusts-embedded-certificate",
    breaks: &["rfc7515-4.1.6-x5c-chain"],
    rules: |r| r.strangers = Strangers::EmbeddedCertificate,
    ..Fault::NONE
};
