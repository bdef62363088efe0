//! Speaks the versions of TLS that nobody should.

use openssl::ssl::{SslOptions, SslVersion};

use super::Fault;

pub(super) const FAULT: Fault = Fault {
    name: "speaks-old-tls",
    breaks: &["rfc9728-7.1-tls"],
    tls: Some(|acceptor| {
        acceptor.set_security_level(0);
        acceptor.clear_options(SslOptions::NO_TLSV1 | SslOptions::NO_TLSV1_1);
        // What OpenSSL cannot do the test will miss.
        let _ = acceptor.set_min_proto_version(Some(SslVersion::TLS1));
        let _ = acceptor.set_cipher_list("ALL:@SECLEVEL=0");
    }),
    ..Fault::NONE
};
