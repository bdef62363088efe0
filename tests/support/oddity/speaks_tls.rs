//! Speaks TLS, with a certificate of an authority that the suite is told of.

use crate::fault::Fault;

pub(super) const ODDITY: Fault = Fault { name: "speaks-tls", tls: Some(|_| {}), ..Fault::NONE };
