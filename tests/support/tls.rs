//! Certificates made for one test, and what a server needs to speak TLS with them.

use openssl::asn1::Asn1Time;
use openssl::bn::{BigNum, MsbOption};
use openssl::ec::{EcGroup, EcKey};
use openssl::hash::MessageDigest;
use openssl::nid::Nid;
use openssl::pkey::{PKey, Private};
use openssl::ssl::{SslAcceptor, SslAcceptorBuilder, SslMethod};
use openssl::x509::extension::{BasicConstraints, SubjectAlternativeName};
use openssl::x509::{X509, X509NameBuilder};

const DAY: i64 = 24 * 60 * 60;

/// A certificate authority that nobody trusts until its certificate is given to them.
#[derive(Debug)]
pub struct Authority {
    certificate: X509,
    key: PKey<Private>,
}

/// A certificate for a server and its key.
#[derive(Debug)]
pub struct Identity {
    certificate: X509,
    key: PKey<Private>,
}

impl Authority {
    /// A fresh authority.
    ///
    /// # Panics
    /// Where OpenSSL fails, as everything here does: a test cannot go on then.
    pub fn new() -> Self {
        let key = key();
        let certificate = certificate("a test's authority", &key, None, &[], -DAY..DAY);
        Self { certificate, key }
    }

    /// A certificate for these names, good today.
    pub fn issue(&self, names: &[&str]) -> Identity {
        self.issue_for_days(names, -1..1)
    }

    /// A certificate that is good from so many days from now until so many.
    pub fn issue_for_days(&self, names: &[&str], days: std::ops::Range<i64>) -> Identity {
        let key = key();
        let certificate = certificate("a test's server", &key, Some(self), names, days.start * DAY..days.end * DAY);
        Identity { certificate, key }
    }

    /// Its certificate in PEM.
    pub fn pem(&self) -> String {
        pem(&self.certificate)
    }
}

impl Default for Authority {
    fn default() -> Self {
        Self::new()
    }
}

impl Identity {
    /// A certificate that vouches for itself.
    pub fn self_signed(names: &[&str]) -> Self {
        let key = key();
        let certificate = certificate("a test's server", &key, None, names, -DAY..DAY);
        Self { certificate, key }
    }

    /// Its certificate in PEM.
    pub fn pem(&self) -> String {
        pem(&self.certificate)
    }

    /// What a server accepts TLS connections with.
    pub(crate) fn acceptor(&self) -> SslAcceptor {
        self.acceptor_with(|_| {})
    }

    /// The same, changed.
    ///
    /// # Panics
    /// Where OpenSSL fails, as everything here does.
    pub fn acceptor_with(&self, change: fn(&mut SslAcceptorBuilder)) -> SslAcceptor {
        let mut acceptor = SslAcceptor::mozilla_intermediate_v5(SslMethod::tls()).expect("OpenSSL has TLS");
        acceptor.set_certificate(&self.certificate).expect("it takes the certificate");
        acceptor.set_private_key(&self.key).expect("it takes the key");
        change(&mut acceptor);
        acceptor.build()
    }
}

fn key() -> PKey<Private> {
    let curve = EcGroup::from_curve_name(Nid::X9_62_PRIME256V1).expect("P-256 is there");
    PKey::from_ec_key(EcKey::generate(&curve).expect("a key can be made")).expect("a key can be held")
}

fn pem(certificate: &X509) -> String {
    String::from_utf8(certificate.to_pem().expect("it can be written")).expect("PEM is text")
}

/// A certificate, signed by an authority or else by itself, good in this range of seconds from now.
fn certificate(
    name: &str,
    key: &PKey<Private>,
    authority: Option<&Authority>,
    names: &[&str],
    good: std::ops::Range<i64>,
) -> X509 {
    let build = || -> Result<X509, openssl::error::ErrorStack> {
        let mut subject = X509NameBuilder::new()?;
        subject.append_entry_by_text("CN", name)?;
        let subject = subject.build();
        let mut serial = BigNum::new()?;
        serial.rand(127, MsbOption::MAYBE_ZERO, false)?;
        let at = |seconds: i64| {
            let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).map_or(0, |d| d.as_secs());
            Asn1Time::from_unix(i64::try_from(now).unwrap_or(0) + seconds)
        };
        let mut builder = X509::builder()?;
        builder.set_version(2)?;
        builder.set_serial_number(&*serial.to_asn1_integer()?)?;
        builder.set_subject_name(&subject)?;
        builder.set_issuer_name(authority.map_or(&*subject, |a| a.certificate.subject_name()))?;
        builder.set_pubkey(key)?;
        builder.set_not_before(&*at(good.start)?)?;
        builder.set_not_after(&*at(good.end)?)?;
        if names.is_empty() {
            builder.append_extension(BasicConstraints::new().critical().ca().build()?)?;
        } else {
            let mut alternative = SubjectAlternativeName::new();
            for name in names {
                alternative.dns(name);
            }
            let alternative = alternative.build(&builder.x509v3_context(authority.map(|a| &*a.certificate), None))?;
            builder.append_extension(alternative)?;
        }
        builder.sign(authority.map_or(key, |a| &a.key), MessageDigest::sha256())?;
        Ok(builder.build())
    };
    build().expect("a certificate can be made")
}
