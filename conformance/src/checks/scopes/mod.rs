//! What the token permits.

checks! {
    missing::ScopeMissing,
    status::ScopeStatus,
    challenge_present::ScopeChallengePresent,
    challenge_error::ScopeChallengeError,
    challenge_names::ScopeChallengeNames,
    challenge_complete::ScopeChallengeComplete,
    challenge_same::ScopeChallengeSame,
    challenge_precise::ScopeChallengePrecise,
    challenge_metadata::ScopeChallengeMetadata,
    first_challenge::ScopeFirstChallenge,
    order::ScopeOrder,
    lookalike::ScopeLookalike,
    claim_type::ScopeClaimType,
    fewer::FewerScopes,
    implied::ImpliedScope,
    tool_list::ToolList,
    tool_access::ToolAccess,
    resource_access::ResourceAccess,
    completion_access::CompletionAccess,
}

use crate::check::{Need, Stop, Verdict};
use crate::context::Context;
use crate::reply::{Outcome, Reply};
use crate::survey::ScopedTool;

/// The tools that need scopes.
///
/// # Errors
/// Not tested where none is known.
fn tools(cx: &Context) -> Result<&[ScopedTool], Stop> {
    let tools = cx.survey().scoped_tools.as_slice();
    if tools.is_empty() { Err(Stop::NotTested { need: Need::ScopeMap }) } else { Ok(tools) }
}

/// What several tools came to: the worst of it, and passed where at least one passed and none was worse.
#[derive(Default)]
pub(crate) struct Together {
    worst: Option<Verdict>,
}

impl Together {
    pub(crate) fn add(&mut self, verdict: Verdict) {
        let rank = |verdict: &Verdict| match verdict {
            Err(Stop::Violation { .. }) => 5,
            Err(Stop::Bug { .. }) => 4,
            Err(Stop::Inconclusive { .. }) => 3,
            Err(Stop::NotTested { .. } | Stop::Undeclared { .. }) => 2,
            Ok(()) => 1,
            Err(Stop::NotApplicable { .. }) => 0,
        };
        if self.worst.as_ref().is_none_or(|worst| rank(worst) < rank(&verdict)) {
            self.worst = Some(verdict);
        }
    }

    pub(crate) fn verdict(self) -> Verdict {
        self.worst.unwrap_or(Err(Stop::NotTested { need: Need::ScopeMap }))
    }
}

/// The scopes that a challenge names; none where it names none.
fn challenged(reply: &Reply) -> Vec<String> {
    let challenge = reply.bearer_challenge();
    let scope = challenge.as_ref().and_then(|c| c.param("scope")).unwrap_or_default();
    scope.split(' ').filter(|s| !s.is_empty()).map(str::to_owned).collect()
}

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_finding_on_one_tool_is_not_hidden_by_another() {
        let not_applicable = || Err(Stop::not_applicable("no 403"));
        let of = |verdicts: Vec<Verdict>| {
            let mut all = Together::default();
            for verdict in verdicts {
                all.add(verdict);
            }
            all.verdict()
        };
        assert_eq!(of(vec![not_applicable(), Ok(())]), Ok(()));
        assert_eq!(of(vec![not_applicable()]), not_applicable());
        assert!(matches!(of(vec![Ok(()), Err(Stop::inconclusive("x"))]), Err(Stop::Inconclusive { .. })));
        let found = || Err(Stop::violation("a", "b"));
        assert_eq!(of(vec![not_applicable(), found(), Err(Stop::inconclusive("x"))]), found());
        assert!(matches!(of(vec![]), Err(Stop::NotTested { .. })));
    }
}
