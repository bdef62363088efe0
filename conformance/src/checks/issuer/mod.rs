//! Who issued the token.

checks! {
    missing::IssuerMissing,
    other::IssuerOther,
    spelling::IssuerSpelling,
    second_zone::SecondZone,
    second_zone_contact::SecondZoneContact,
    untrusted_certificate::UntrustedCertificate,
}
