//! Whom the token was issued for.

checks! {
    other::AudienceOther,
    missing::AudienceMissing,
    malformed::AudienceMalformed,
    issuer::AudienceIssuer,
    sibling::AudienceSibling,
    lookalike::AudienceLookalike,
    array_own::AudienceArrayOwn,
    array_other::AudienceArrayOther,
    array_mixed::AudienceArrayMixed,
    letter_case::AudienceLetterCase,
    upper_case::AudienceUpperCase,
    from_host::AudienceFromHost,
    upstream::AudienceUpstream,
    each_request::AudienceEachRequest,
    other_tokens::OtherTokens,
}

use serde_json::Value;

use crate::token::Token;

/// The audience that the server accepts; the first one of a list.
fn own(token: &Token) -> Value {
    match token.claims.get("aud") {
        Some(Value::Array(all)) => all.first().cloned().unwrap_or_default(),
        other => other.cloned().unwrap_or_default(),
    }
}
