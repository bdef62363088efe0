//! What became of the accepted token each time it was sent: that another one was refused proves something only where this
//! one was served before and after.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use crate::mcp::Revision;
use crate::reply::Outcome;

/// The positive controls of a run.
#[derive(Debug, Default)]
pub struct Controls(Mutex<BTreeMap<(Revision, String), Vec<Control>>>);

/// One time that a token was sent which the server had accepted.
#[derive(Debug, Clone, Copy)]
struct Control {
    sent: Instant,
    answered: Instant,
    served: bool,
}

/// The time of which a check says something, on the strength of a control that was served at its beginning.
#[derive(Debug, Clone, Copy)]
pub struct Span {
    /// The revision that it was about.
    pub revision: Revision,
    /// When that control was sent.
    pub since: Instant,
    /// When the check ended.
    pub until: Instant,
}

impl Controls {
    /// Takes note of how a token that had been accepted was answered, sent and answered at these times. What is no verdict
    /// on a token is left out.
    pub fn note(&self, revision: Revision, token: &str, [sent, answered]: [Instant; 2], outcome: Outcome) {
        let served = match outcome {
            Outcome::Served => true,
            Outcome::Unauthorized | Outcome::Forbidden => false,
            Outcome::NotServedIn2xx | Outcome::ServerError | Outcome::NoVerdict => return,
        };
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.entry((revision, token.to_owned())).or_default().push(Control { sent, answered, served });
    }

    /// Why a refusal in this time proves nothing, if it does not.
    pub fn doubt(&self, span: Span) -> Option<String> {
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let of_revision = || all.iter().filter(|((revision, _), _)| *revision == span.revision).map(|(_, all)| all);
        if let Some(controls) = of_revision().find(|controls| wavers(controls)) {
            let refused = controls.iter().filter(|control| !control.served).count();
            let times = controls.len();
            return Some(format!(
                "the server wavers: it refused the accepted token itself {refused} times of {times}, and served it before and after"
            ));
        }
        let later = |served, from| of_revision().flatten().any(|c| c.served == served && c.sent >= from);
        (later(false, span.since) && !later(true, span.until))
            .then(|| "the accepted token itself was refused when the check had ended, and from then on".to_owned())
    }
}

/// Whether a token was served, then refused, then served once more. Of controls that cross on their way nobody knows which
/// one came first.
fn wavers(controls: &[Control]) -> bool {
    let served = || controls.iter().filter(|control| control.served);
    let (first, last) = (served().map(|control| control.answered).min(), served().map(|control| control.sent).max());
    let is_between = |c: &Control| first.is_some_and(|first| first <= c.sent) && last.is_some_and(|l| l >= c.answered);
    controls.iter().any(|control| !control.served && is_between(control))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    const REVISION: Revision = Revision::V2025_11_25;

    /// Whether a check of the fourth to the sixth second is doubted, where the token was sent every second.
    fn is_doubted(answers: &str) -> bool {
        let begin = Instant::now();
        let at = |seconds: usize| begin + Duration::from_secs(seconds as u64);
        let controls = Controls::default();
        for (second, answer) in answers.chars().enumerate() {
            let outcome = match answer {
                's' => Outcome::Served,
                'r' => Outcome::Unauthorized,
                _ => Outcome::NoVerdict,
            };
            controls.note(REVISION, "token", [at(second); 2], outcome);
        }
        let other = Span { revision: Revision::V2026_07_28, since: at(4), until: at(6) };
        assert_eq!(controls.doubt(other), None, "another revision");
        controls.doubt(Span { revision: REVISION, since: at(4), until: at(6) }).is_some()
    }

    #[test]
    fn a_refusal_counts_where_the_accepted_token_is_served_before_and_after() {
        assert!(!is_doubted("sssssssss"));
        assert!(!is_doubted("ssssssssrr"), "it went down later");
        assert!(!is_doubted("rrrsssssss"), "it woke up before");
        assert!(!is_doubted("sssss....."), "a limit is no refusal");
    }

    #[test]
    fn of_two_that_were_under_way_at_once_neither_came_first() {
        let begin = Instant::now();
        let at = |seconds| begin + Duration::from_secs(seconds);
        let controls = Controls::default();
        controls.note(REVISION, "token", [at(0), at(1)], Outcome::Served);
        controls.note(REVISION, "token", [at(2), at(4)], Outcome::Unauthorized);
        controls.note(REVISION, "token", [at(3), at(5)], Outcome::Served);
        controls.note(REVISION, "another", [at(7), at(8)], Outcome::Served);
        assert_eq!(controls.doubt(Span { revision: REVISION, since: at(0), until: at(6) }), None);
    }

    #[test]
    fn a_refusal_is_doubted_where_the_accepted_token_is_refused_too() {
        assert!(is_doubted("sssssrrrr"));
        assert!(is_doubted("sssss.rrr"));
        assert!(is_doubted("srsssssss"), "one backend of several is broken");
        assert!(is_doubted("sssssssssrs"));
    }
}
