//! What would make a check testable that came to nothing: told beside each such result.

use crate::check::Stop;
use crate::survey::NO_TOKEN_ACCEPTED;
use crate::transcript::Exchange;

/// What to do about a check that ended so, after these exchanges; none where it came to a verdict.
pub fn remedy<'e>(stop: &Stop, exchanges: impl IntoIterator<Item = &'e Exchange>) -> Option<String> {
    match stop {
        Stop::NotTested { need } => Some(need.enabled_by().to_owned()),
        Stop::Undeclared { wanted } => Some(format!("where there is {wanted}, say so of it in conformance.toml")),
        Stop::Inconclusive { because } => Some(of_inconclusive(because, exchanges).to_owned()),
        Stop::Violation { .. } | Stop::NotApplicable { .. } | Stop::Bug { .. } => None,
    }
}

fn of_inconclusive<'e>(because: &str, exchanges: impl IntoIterator<Item = &'e Exchange>) -> &'static str {
    if because.starts_with(NO_TOKEN_ACCEPTED) {
        return "give a token that the server accepts: of the zone that it trusts, for the resource that it is";
    }
    if because.starts_with("the check took longer") {
        return "a longer --timeout or --key-wait";
    }
    if because.contains("not 401") || because.starts_with("without any token the answer was") {
        return "--tool NAME=JSON, with a tool that wants a token";
    }
    let (mut failed, mut turned_away, mut late, mut broke, mut redirected) = (false, false, false, false, false);
    for exchange in exchanges {
        match exchange.status {
            Some(429) => return "run it again when the server's limit allows, or lift the limit for this run",
            Some(408 | 413 | 421 | 431) => turned_away = true,
            Some(300..=399) => redirected = true,
            Some(500..) => failed = true,
            Some(_) => {}
            None => match &exchange.error {
                Some(error) if error.contains("within") || error.contains("does not end") => late = true,
                _ => broke = true,
            },
        }
    }
    // What keeps most from being told comes first.
    if late {
        return "a longer --timeout, or a server that answers sooner";
    }
    if failed {
        return "the server's own log of that time says why it failed; mend that first";
    }
    if broke {
        return "the server's own log of that time says why it closed the connection; mend that first";
    }
    if turned_away {
        return "run it behind the layer that turned the request away, or let the suite through there";
    }
    if redirected {
        return "give --url the address that the redirect leads to";
    }
    "--verbose shows the exchanges, and by what this one differs from what was expected"
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::Need;

    fn exchange(status: Option<u16>, error: Option<&str>) -> Exchange {
        Exchange {
            purpose: String::new(),
            request: String::new(),
            request_headers: Vec::new(),
            request_body: String::new(),
            status,
            error: error.map(str::to_owned),
            response_headers: Vec::new(),
            response_body: String::new(),
            duration_ms: 0,
        }
    }

    #[test]
    fn every_result_that_says_nothing_says_what_would() {
        let unclear = |because: &str, exchanges: &[Exchange]| remedy(&Stop::inconclusive(because), exchanges).unwrap();
        let got = |status| [exchange(Some(401), None), exchange(Some(status), None), exchange(Some(200), None)];
        assert!(unclear("the answer was 429", &got(429)).contains("limit"));
        assert!(unclear("the answer was 503", &got(503)).contains("log"));
        assert!(unclear("the answer was 421", &got(421)).contains("layer"));
        assert!(unclear("the answer was 307", &got(307)).contains("--url"));
        assert!(unclear("no answer", &[exchange(None, Some("no answer within 4s"))]).contains("--timeout"));
        assert!(unclear("broken", &[exchange(None, Some("the connection broke"))]).contains("closed"));
        assert!(unclear("no token was accepted to start from: it got 401", &got(503)).contains("accepts"));
        assert!(unclear("without credentials the answer was 200, not 401", &got(200)).contains("--tool"));
        assert!(unclear("something", &got(200)).contains("--verbose"));
        assert_eq!(remedy(&Stop::NotTested { need: Need::Tls }, []).as_deref(), Some("an https URL"));
        assert!(remedy(&Stop::Undeclared { wanted: "a tool" }, []).unwrap().contains("conformance.toml"));
        assert_eq!(remedy(&Stop::violation("a", "b"), []), None);
    }
}
