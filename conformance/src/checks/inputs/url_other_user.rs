//! The one who opens the link is the one who was sent it.

use super::with_url;
use crate::browser::{Browser, User};
use crate::check::{Area, Check, Level, Meta, Need, Stop, Verdict};
use crate::context::Context;
use crate::inputs::{Caller, Step};
use crate::page;
use crate::token::Token;

page! {
    /// Who completes an elicitation's page is the user that it was made for
    ///
    /// # What it checks
    /// Two users are made at the zone. A tool sends the first one to a URL, who opens it in a browser, signs in at the zone, fills
    /// in the page's form with what the configuration has (`page`), and then the call completes. Then the first one's next URL
    /// is opened by the second, who does the same. The first one's call may not complete. A page that needs a script, or leads
    /// to a third party, the suite cannot drive.
    ///
    /// # Why it matters
    /// Who sends a link of their own to someone else has them connect their account, and then uses that through the server.
    ///
    /// # How to fix it
    /// Sign the user in on the page, compare the subject with that of the token to which the elicitation was sent, and refuse
    /// anybody else before anything is taken.
    ///
    /// # Reference
    /// MCP 2026-07-28, Elicitation, "Phishing".
    pub struct UrlOtherUser;
}

const META: Meta = Meta {
    id: "elicitation-url-other-user",
    requirements: &["mcp-elicitation-verify-user"],
    level: Level::Must,
    area: Area::Security,
    needs: &[Need::ZoneControl, Need::Browser, Need::DeclaredBehaviour],
    ..Meta::CALM
};

impl Check for UrlOtherUser {
    fn meta(&self) -> &'static Meta {
        &META
    }

    async fn run(&self, cx: &Context) -> Verdict {
        let accepted = cx.accepted_token().await?;
        let (one, other) = (User::new(cx).await?, User::new(cx).await?);
        let own = attempt(cx, &accepted, &one, &one).await?;
        if !own.completed {
            return Err(Stop::inconclusive(format!(
                "the user who was asked could not complete it in the suite's browser, which came to {}; then the call got \
                 {}. What to type on the page is `page` in conformance.toml",
                own.led, own.answer
            )));
        }
        let others = attempt(cx, &accepted, &one, &other).await?;
        if others.completed {
            let expected = "a page that another user than the one who was asked cannot complete";
            return Err(Stop::violation(expected, format!("{} for the one who was asked", others.answer)));
        }
        if others.is_unclear {
            return Err(Stop::inconclusive(format!(
                "after another user opened the page the call got {}",
                others.answer
            )));
        }
        Ok(())
    }
}

/// What came of a page that one user was sent to and another, or the same, opened.
struct Attempt {
    /// Whether the call completed then.
    completed: bool,
    /// Whether its answer shows nothing.
    is_unclear: bool,
    /// Where the browser came to.
    led: String,
    /// What the call got.
    answer: String,
}

async fn attempt(cx: &Context, accepted: &Token, asked: &User, opens: &User) -> Result<Attempt, Stop> {
    let draft = accepted.but(|t| t.claim("sub", asked.id.as_str()));
    let token = cx.sign(&draft, "token of a user with a browser").await?;
    let caller = Caller::begin(cx, &token).await?;
    let ended = by(cx, &caller, opens).await;
    caller.end(cx).await;
    ended
}

async fn by(cx: &Context, caller: &Caller, opens: &User) -> Result<Attempt, Stop> {
    let questions = with_url(cx, caller).await?;
    let (question, url) = &questions[0];
    let answer = caller.answer(cx, question.name, question.tool, &question.tool.arguments, &question.pending);
    let before = cx.send(&answer.clone().purpose("before the page was opened (control)")).await;
    // A server may also wait until it is.
    if before.is_ok_and(|reply| matches!(Step::of(&reply), Step::Done)) {
        return Err(Stop::inconclusive("the call completes without the page being opened"));
    }
    let led = Browser::of(cx, opens).complete(url, &question.tool.page).await?;
    let after = cx.send(&answer.purpose("after the page was opened")).await?;
    Ok(Attempt {
        completed: matches!(Step::of(&after), Step::Done),
        is_unclear: after.is_in_front() || after.status.is_server_error(),
        led: led.describe(),
        answer: after.describe(),
    })
}
