//! Certificates that nobody trusts unless told to.

use openssl::asn1::Asn1Time;
use openssl::bn::{BigNum, MsbOption};
use openssl::ec::{EcGroup, EcKey};
use openssl::error::ErrorStack;
use openssl::hash::MessageDigest;
use openssl::nid::Nid;
use openssl::pkey::{PKey, Private};
use openssl::ssl::{SslAcceptor, SslMethod};
use openssl::x509::extension::{
    AuthorityKeyIdentifier, BasicConstraints, ExtendedKeyUsage, KeyUsage, SubjectAlternativeName, SubjectKeyIdentifier,
};
use openssl::x509::{X509, X509Builder, X509NameBuilder};

/// A certificate authority, made for one run.
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

/// Whom a certificate is for.
#[derive(Debug, Clone, Copy)]
pub enum Name<'a> {
    /// A host of this name.
    Dns(&'a str),
    /// A host at this address.
    Ip(&'a str),
}

impl Authority {
    /// A fresh authority.
    ///
    /// # Errors
    /// OpenSSL's.
    pub fn new() -> Result<Self, ErrorStack> {
        let key = key()?;
        let mut builder = certificate("conformance, an authority of one run", &key)?;
        let subject = name("conformance, an authority of one run")?;
        builder.set_issuer_name(&subject)?;
        builder.append_extension(BasicConstraints::new().critical().ca().build()?)?;
        builder.append_extension(KeyUsage::new().critical().key_cert_sign().crl_sign().build()?)?;
        let identifier = SubjectKeyIdentifier::new().build(&builder.x509v3_context(None, None))?;
        builder.append_extension(identifier)?;
        builder.sign(&key, MessageDigest::sha256())?;
        Ok(Self { certificate: builder.build(), key })
    }

    /// Its certificate in PEM.
    ///
    /// # Errors
    /// OpenSSL's.
    pub fn pem(&self) -> Result<Vec<u8>, ErrorStack> {
        self.certificate.to_pem()
    }

    /// A certificate for a server, good today.
    ///
    /// # Errors
    /// OpenSSL's.
    pub fn issue(&self, whom: Name<'_>) -> Result<Identity, ErrorStack> {
        let key = key()?;
        let mut builder = certificate("conformance, a server of one run", &key)?;
        builder.set_issuer_name(self.certificate.subject_name())?;
        builder.append_extension(BasicConstraints::new().critical().build()?)?;
        builder.append_extension(KeyUsage::new().critical().digital_signature().build()?)?;
        builder.append_extension(ExtendedKeyUsage::new().server_auth().build()?)?;
        let mut alternative = SubjectAlternativeName::new();
        match whom {
            Name::Dns(name) => alternative.dns(name),
            Name::Ip(address) => alternative.ip(address),
        };
        let context = builder.x509v3_context(Some(&self.certificate), None);
        let extensions = [
            alternative.build(&context)?,
            SubjectKeyIdentifier::new().build(&context)?,
            AuthorityKeyIdentifier::new().keyid(true).build(&context)?,
        ];
        for extension in extensions {
            builder.append_extension(extension)?;
        }
        builder.sign(&self.key, MessageDigest::sha256())?;
        Ok(Identity { certificate: builder.build(), key })
    }
}

impl Identity {
    /// What a server accepts connections with.
    ///
    /// # Errors
    /// OpenSSL's.
    pub fn acceptor(&self) -> Result<SslAcceptor, ErrorStack> {
        let mut acceptor = SslAcceptor::mozilla_intermediate_v5(SslMethod::tls_server())?;
        acceptor.set_certificate(&self.certificate)?;
        acceptor.set_private_key(&self.key)?;
        Ok(acceptor.build())
    }
}

fn key() -> Result<PKey<Private>, ErrorStack> {
    let curve = EcGroup::from_curve_name(Nid::X9_62_PRIME256V1)?;
    PKey::from_ec_key(EcKey::generate(&curve)?)
}

fn name(text: &str) -> Result<openssl::x509::X509Name, ErrorStack> {
    let mut name = X509NameBuilder::new()?;
    name.append_entry_by_text("CN", text)?;
    Ok(name.build())
}

/// A certificate without an issuer and extensions, good from yesterday, for clocks that are late, to tomorrow.
fn certificate(subject: &str, key: &PKey<Private>) -> Result<X509Builder, ErrorStack> {
    const DAY: i64 = 24 * 60 * 60;
    let now = crate::survey::now();
    let mut serial = BigNum::new()?;
    serial.rand(127, MsbOption::MAYBE_ZERO, false)?;
    let mut builder = X509::builder()?;
    builder.set_version(2)?;
    builder.set_serial_number(&*serial.to_asn1_integer()?)?;
    builder.set_subject_name(&*name(subject)?)?;
    builder.set_pubkey(key)?;
    builder.set_not_before(&*Asn1Time::from_unix(now - DAY)?)?;
    builder.set_not_after(&*Asn1Time::from_unix(now + DAY)?)?;
    Ok(builder)
}
