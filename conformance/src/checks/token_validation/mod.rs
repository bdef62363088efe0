//! Shape, signature and lifetime: what makes a token a token of the zone at all.

checks! {
    garbage::GarbageToken,
    garbage_crash::GarbageTokenCrash,
    unsigned::UnsignedToken,
    tampered_claims::TamperedClaims,
    tampered_signature::TamperedSignature,
    foreign_signature::ForeignSignature,
    public_key_as_secret::PublicKeyAsSecret,
    weak_secret::WeakSecret,
    expired::ExpiredToken,
    missing_exp::MissingExp,
    not_yet_valid::NotYetValid,
    unknown_claims::UnknownClaims,
    unknown_header::UnknownHeader,
    scheme_case::SchemeCase,
    query_token::QueryToken,
    signed_in::SignedInToken,
}
