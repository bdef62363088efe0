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
    embedded_key::EmbeddedKey,
    embedded_certificate::EmbeddedCertificate,
    key_url::KeyUrl,
    key_url_contact::KeyUrlContact,
    algorithms::AlgorithmList,
    weak_algorithm::WeakAlgorithm,
    rs256::Rs256,
    missing_alg::MissingAlg,
    critical::CriticalParameter,
    doubled_header::DoubledHeader,
    doubled_claims::DoubledClaims,
    exp_type::ExpType,
    iat_type::IatType,
    odd_subject::OddSubject,
    not_utf8::NotUtf8,
    nested::NestedToken,
    token_type::TokenType,
    untyped::UntypedToken,
    type_prefix::TypePrefix,
    other_jwts::OtherJwts,
    required_claims::RequiredClaims,
    leeway::ExpLeeway,
    exp_boundary::ExpBoundary,
    kid_injection::KidInjection,
    revoked::RevokedToken,
    inactive::InactiveToken,
}

use crate::check::{Stop, Verdict};
use crate::context::Context;
use crate::reply::{Outcome, Reply};
use crate::survey::random_id;
use crate::token::Token;

/// The accepted token under the suite's own key, which it says is to be found at an address of the suite; and the path of that
/// address.
async fn pointing(cx: &Context, token: &Token, parameter: &str, kid: Option<&str>) -> Result<(String, String), Stop> {
    let kind = if parameter == "jku" { "keys" } else { "certificate" };
    let path = format!("/{kind}/{}", random_id());
    let url = format!("{}{path}", cx.key_host().await?.url().trim_end_matches('/'));
    let mut draft = token.but(|t| t.header(parameter, url));
    if let Some(kid) = kid {
        draft.header("kid", kid);
    }
    let forged = draft.signed_with_key(cx.foreign_key().await?)?;
    Ok((cx.note(forged, "token that names where its key is"), path))
}

/// Passes where the token was refused by a server that stayed up; for requirements that an error of the server breaks, too.
///
/// # Errors
/// A violation where the request was served, or the server failed; else inconclusive.
fn expect_refused_calmly(reply: &Reply) -> Verdict {
    match reply.outcome() {
        Outcome::ServerError => Err(Stop::violation("401, the request not served", reply.describe())),
        _ => reply.expect_refused(),
    }
}

/// Passes where the server stayed up, and remarks what it served: for what a server may accept, but not stumble over.
///
/// # Errors
/// A violation where the server failed.
fn expect_calm(cx: &Context, reply: &Reply, what: &str) -> Verdict {
    match reply.outcome() {
        Outcome::ServerError => Err(Stop::violation(format!("no error of the server for {what}"), reply.describe())),
        Outcome::Served => {
            cx.remark(format!("{what} was served"));
            Ok(())
        }
        _ => Ok(()),
    }
}

/// What stands between the braces of a JSON object.
fn inside(object: &str) -> &str {
    object.trim_start_matches('{').strip_suffix('}').unwrap_or(object)
}
