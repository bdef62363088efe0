//! The answer to bad or missing credentials: its status, and a challenge that tells a client what to do.

checks! {
    no_token::NoToken,
    present::ChallengePresent,
    grammar::ChallengeGrammar,
    param_once::ChallengeParamOnce,
    bearer::ChallengeBearer,
    parameter::ChallengeParameter,
    metadata_url::ChallengeMetadataUrl,
    metadata_in_each::MetadataInEachChallenge,
    metadata_in_older::MetadataInOlderChallenges,
    without_credentials::ChallengeWithoutCredentials,
    scope_characters::ChallengeScopeCharacters,
    offline_access::ChallengeOfflineAccess,
    invalid_token_status::InvalidTokenStatus,
    expired_token_status::ExpiredTokenStatus,
    error::ChallengeError,
    error_code::ChallengeErrorCode,
    error_characters::ChallengeErrorCharacters,
    invalid_token::ChallengeInvalidToken,
    malformed_status::MalformedCredentialsStatus,
    malformed_challenge::MalformedCredentialsChallenge,
    trailing_word::TrailingWord,
    doubled_credentials::DoubledCredentials,
    exposed::ChallengeExposed,
}

use http::StatusCode;
use http::header::WWW_AUTHENTICATE;

use crate::challenge::{self, Challenge};
use crate::check::{Need, Stop, Verdict};
use crate::context::Context;
use crate::mcp::Operation;
use crate::reply::{Outcome, Reply};
use crate::survey::TokenFound;
use crate::text::quoted;
use crate::token::Token;

/// A word that is no token.
const GARBAGE: &str = "not-a-token";

/// The bearing request without credentials.
///
/// # Errors
/// Not tested where it is open to anybody: then nothing that happens to it says how a server refuses.
async fn anonymous(cx: &Context) -> Result<Reply, Stop> {
    if cx.survey().is_open(cx.revision()) {
        return Err(Stop::NotTested { need: Need::DeclaredTool });
    }
    let request = cx.bearing().purpose(format!("{} without credentials", cx.bearing_name()));
    Ok(cx.send(&request).await?)
}

/// The positive control, where the run has a token that was accepted.
async fn control(cx: &Context) -> Result<Option<Token>, Stop> {
    match &cx.survey().token {
        TokenFound::Accepted(_) => cx.accepted_credential().await.map(Some),
        TokenFound::Refused(_) | TokenFound::NoneGiven => Ok(None),
    }
}

/// Makes sure that the bearing request depends on its token; gives the accepted token, where the run has one.
///
/// A tool that was served with a token is protected. A server may leave `tools/list` open, and then what happens to a
/// bad token there says nothing; without a token to begin with, only the 401 shows that the request got so far.
async fn guarded(cx: &Context) -> Result<Option<Token>, Stop> {
    let token = control(cx).await?;
    if token.is_some() && matches!(cx.bearing_operation(), Operation::CallTool { .. }) {
        return Ok(token);
    }
    let reply = anonymous(cx).await?;
    match reply.outcome() {
        Outcome::Unauthorized => Ok(token),
        _ => Err(Stop::inconclusive(format!("without credentials the answer was {}, not 401", reply.describe()))),
    }
}

/// Passes on 401.
///
/// # Errors
/// A violation on what else the server made of the token; inconclusive where it may not have looked at it; not applicable
/// where it served the accepted token's variant, which checks of that token judge.
fn expect_unauthorized(reply: &Reply, what: &str, has_accepted: bool) -> Verdict {
    match reply.outcome() {
        Outcome::Unauthorized => Ok(()),
        Outcome::Served if has_accepted => {
            Err(Stop::not_applicable(format!("{what} was served, which checks of such tokens judge")))
        }
        _ if reply.is_in_front() => {
            Err(Stop::inconclusive(format!("{what} got {}, which is no verdict on it", reply.describe())))
        }
        _ => Err(Stop::violation(format!("401 for {what}"), reply.describe())),
    }
}

/// An answer that may carry a challenge, and what it answered.
struct Refusal {
    what: &'static str,
    reply: Reply,
}

/// The 401s and the 403 for scope that the server can be brought to give.
///
/// # Errors
/// Inconclusive where there is none.
async fn refusals(cx: &Context) -> Result<Vec<Refusal>, Stop> {
    let mut all = vec![
        Refusal { what: "no token", reply: anonymous(cx).await? },
        Refusal { what: "a garbage token", reply: cx.call(GARBAGE, "a word that is no token").await? },
    ];
    if cx.zone().is_ok()
        && let Some(tool) = cx.survey().scoped_tools.first()
    {
        let reply = cx.call_scoped(tool, &[], "no scope").await?;
        all.push(Refusal { what: "a token without scopes", reply });
    }
    // Refusals of tokens that can be read: libraries often put the reason into the challenge.
    if cx.zone().is_ok()
        && let Ok(accepted) = cx.survey().accepted()
        && accepted.is_jwt()
    {
        let other = accepted.but(|t| t.claim("aud", "https://other.example/mcp"));
        for (what, token) in [
            ("an expired token", expired(cx).await?),
            ("a token for another audience", cx.sign(&other, "token for another audience").await?),
        ] {
            all.push(Refusal { what, reply: cx.call(&token, what).await? });
        }
    }
    // A 403 without a challenge is some other guard's, or judged by a check about scopes.
    all.retain(|r| match r.reply.outcome() {
        Outcome::Unauthorized => true,
        Outcome::Forbidden => r.reply.headers.contains_key(WWW_AUTHENTICATE),
        _ => false,
    });
    if all.is_empty() {
        return Err(Stop::inconclusive("no request was refused with 401, so there was no challenge to judge"));
    }
    Ok(all)
}

/// The challenges with the Bearer scheme among refusals, each with what it answered.
///
/// Fields that cannot be read are left out: `challenge-grammar` judges them.
///
/// # Errors
/// Inconclusive where there is none.
fn bearer_challenges(refusals: &[Refusal]) -> Result<Vec<(&'static str, Challenge)>, Stop> {
    let challenges = refusals.iter().flat_map(|r| readable(&r.reply).into_iter().map(|c| (r.what, c)));
    let bearer: Vec<_> = challenges.filter(|(_, c)| c.is("Bearer")).collect();
    if bearer.is_empty() {
        return Err(Stop::inconclusive("no refusal had a Bearer challenge that could be read"));
    }
    Ok(bearer)
}

/// The challenges of an answer, leaving out fields that cannot be read.
fn readable(reply: &Reply) -> Vec<Challenge> {
    let values = reply.headers.get_all(WWW_AUTHENTICATE).iter();
    values.filter_map(|v| challenge::parse(&String::from_utf8_lossy(v.as_bytes())).ok()).flatten().collect()
}

/// A garbage token's 401, after the positive control where the run has a token.
///
/// # Errors
/// Inconclusive where the answer is none.
async fn garbage_refused(cx: &Context) -> Result<Reply, Stop> {
    control(cx).await?;
    if cx.survey().is_open(cx.revision()) {
        return Err(Stop::NotTested { need: Need::DeclaredTool });
    }
    let reply = cx.call(GARBAGE, "a word that is no token").await?;
    if reply.status == StatusCode::UNAUTHORIZED {
        return Ok(reply);
    }
    Err(Stop::inconclusive(format!("a garbage token got {}, not the 401 to be judged", reply.describe())))
}

/// Passes where the 401 to no token, to a garbage token and to an expired one names the metadata document.
///
/// # Errors
/// A violation where one does not; inconclusive where there was no 401.
async fn each_names_metadata(cx: &Context) -> Verdict {
    let mut answers = vec![
        ("no token", anonymous(cx).await?),
        ("a garbage token", cx.call(GARBAGE, "a word that is no token").await?),
    ];
    if cx.zone().is_ok() && cx.survey().accepted()?.is_jwt() {
        answers.push(("an expired token", cx.call(&expired(cx).await?, "an expired token").await?));
    }
    answers.retain(|(_, reply)| reply.status == StatusCode::UNAUTHORIZED);
    if answers.is_empty() {
        return Err(Stop::inconclusive("no request was refused with 401"));
    }
    for (what, reply) in &answers {
        if !readable(reply).iter().any(|challenge| challenge.param("resource_metadata").is_some()) {
            let expected = format!("resource_metadata in the WWW-Authenticate of the 401 to {what}");
            let values = reply.headers.get_all(WWW_AUTHENTICATE).iter();
            let values: Vec<_> = values.map(|v| quoted(&String::from_utf8_lossy(v.as_bytes()))).collect();
            return Err(Stop::violation(
                expected,
                if values.is_empty() { "no WWW-Authenticate".to_owned() } else { values.join(", ") },
            ));
        }
    }
    Ok(())
}

/// The accepted token, issued two hours ago and expired for one.
pub(super) async fn expired(cx: &Context) -> Result<String, Stop> {
    const HOUR: i64 = 3600;
    let now = cx.now();
    let draft = cx.survey().accepted()?.but(|t| {
        t.claim("iat", now - 2 * HOUR);
        if t.claims.contains_key("nbf") {
            t.claim("nbf", now - 2 * HOUR);
        }
        t.claim("exp", now - HOUR);
    });
    cx.sign(&draft, "expired token").await
}
