//! What the token permits.

checks! {
    missing::ScopeMissing,
    status::ScopeStatus,
    challenge_present::ScopeChallengePresent,
    challenge_error::ScopeChallengeError,
    challenge_names::ScopeChallengeNames,
    challenge_metadata::ScopeChallengeMetadata,
    order::ScopeOrder,
    lookalike::ScopeLookalike,
}

use crate::check::{Stop, Verdict};
use crate::reply::{Outcome, Reply};

/// Passes where a call was not carried out; a JSON-RPC error inside 200 is such a refusal, if no good one.
///
/// # Errors
/// A violation where it was served; inconclusive where the answer says nothing about scopes.
fn expect_not_served(reply: &Reply, what: &str) -> Verdict {
    match reply.outcome() {
        _ if reply.refuses_with_result() => {
            Err(Stop::violation(format!("a refusal of {what}, and no result"), reply.describe()))
        }
        Outcome::Unauthorized | Outcome::Forbidden | Outcome::NotServedIn2xx => Ok(()),
        Outcome::Served => Err(Stop::violation(format!("a refusal of {what}"), reply.describe())),
        Outcome::ServerError | Outcome::NoVerdict => {
            Err(Stop::inconclusive(format!("{what} got {}, which is no verdict on its scopes", reply.describe())))
        }
    }
}
