//! Signing keys: rotation, odd keys in the set, outage.

checks! {
    rotation::KeyRotation,
    selection::KeySelection,
    letter_case::KeyIdLetterCase,
    unknown_members::UnknownKeyMembers,
    unknown_types::UnknownKeyTypes,
    short::ShortRsaKey,
    encryption::EncryptionKey,
    other_algorithm::KeyOfOtherAlgorithm,
    elliptic::EcSignatureRange,
    retired::RetiredKey,
    outage::KeysOutage,
    outage_answer::KeysOutageAnswer,
    outage_slow::KeysSlow,
    outage_slow_answer::KeysSlowAnswer,
    outage_closed::KeysClosed,
    outage_malformed::KeysMalformed,
    outage_html::KeysHtml,
    outage_oversized::KeysOversized,
    outage_empty::KeysEmpty,
    other_metadata::OtherMetadata,
}

use crate::check::{Stop, Verdict};
use crate::context::Context;
use crate::reply::Outcome;
use crate::rollover::Answer;

/// Passes where every token was served.
///
/// # Errors
/// A violation that names the first that was refused; inconclusive where an answer is no verdict.
fn expect_served(answers: &[Answer]) -> Verdict {
    for Answer { what, reply } in answers {
        match reply.outcome() {
            Outcome::Served => {}
            Outcome::Unauthorized | Outcome::Forbidden | Outcome::ServerError => {
                return Err(Stop::violation(format!("{what} served"), reply.describe()));
            }
            Outcome::NotServedIn2xx | Outcome::NoVerdict => {
                return Err(Stop::inconclusive(format!("{what} got {}", reply.describe())));
            }
        }
    }
    Ok(())
}

/// Passes where no token was served. An error of the server is a refusal here: tokens of the set's other keys were served
/// just before and after, so it is the key that the server does not take.
///
/// # Errors
/// A violation that names the first that was; inconclusive where an answer is no verdict.
fn expect_refused(cx: &Context, answers: &[Answer]) -> Verdict {
    for Answer { what, reply } in answers {
        if reply.outcome() == Outcome::ServerError && !reply.refuses_with_result() {
            cx.remark(format!("{what} got {}", reply.describe()));
            continue;
        }
        reply.expect_refused().map_err(|stop| match stop {
            Stop::Violation { actual, .. } => Stop::violation(format!("{what} refused"), actual),
            other => other,
        })?;
    }
    Ok(())
}
