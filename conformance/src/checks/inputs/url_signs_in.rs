//! A link is no key.

use http::StatusCode;
use url::Url;

use super::{TOOLS, with_url};
use crate::browser::{Browser, Led, User};
use crate::check::{Area, Check, Level, Meta, Need, Stop, Verdict};
use crate::context::Context;
use crate::declared::Tool;
use crate::inputs::Caller;
use crate::page;
use crate::text::quoted;

page! {
    /// An elicitation's URL does not let in whoever opens it
    ///
    /// # What it checks
    /// A tool asks with a URL, and that is opened in a browser in which nobody is signed in. It may lead to a sign-in or be
    /// refused: with 401 and a challenge, or, where the user who was asked does get the page, with another 4xx. Without
    /// that, a 4xx may be what a guard in front has against the suite's browser, and proves nothing. A page of the server's
    /// may not name the user, and not show what the configuration says only they see (`page-shows`). No script runs, and a
    /// redirect to a third party is not followed.
    ///
    /// # Why it matters
    /// The client, its log and whoever the link is sent to would be let in as the user.
    ///
    /// # How to fix it
    /// Have the page sign its user in, at the authorization server of the MCP server, say, before it shows or takes anything.
    ///
    /// # Reference
    /// MCP 2026-07-28, Elicitation, "Safe URL Handling".
    pub struct UrlSignsIn;
}

const META: Meta = Meta {
    id: "elicitation-url-signs-in",
    requirements: &["mcp-elicitation-url-not-preauthenticated"],
    level: Level::Must,
    area: Area::Security,
    needs: &[Need::ValidToken, Need::DeclaredBehaviour],
    ..Meta::CALM
};

impl Check for UrlSignsIn {
    fn meta(&self) -> &'static Meta {
        &META
    }

    async fn run(&self, cx: &Context) -> Verdict {
        let (token, user) = match cx.zone() {
            Ok(_) => {
                let accepted = cx.accepted_token().await?;
                let user = User::new(cx).await?;
                let draft = accepted.but(|t| t.claim("sub", user.id.as_str()));
                (cx.sign(&draft, "token of a user with a browser").await?, Some(user))
            }
            Err(_) => (cx.served_token().await?.compact, None),
        };
        let caller = Caller::begin(cx, &token).await?;
        let asked = with_url(cx, &caller).await;
        let mut verdict = asked.as_ref().map(drop).map_err(Clone::clone);
        for (question, url) in asked.into_iter().flatten().take(TOOLS) {
            verdict = verdict.and(opened(cx, question.tool, &url, user.as_ref()).await);
        }
        caller.end(cx).await;
        verdict
    }
}

const SHOWS: &str = "\"page-shows = TEXT\" of a tool with a URL: what only the signed-in user sees on its page";

/// What a browser gets to see in which nobody is signed in.
async fn opened(cx: &Context, tool: &Tool, url: &str, user: Option<&User>) -> Verdict {
    let reply = match Browser::fresh(cx).open(url).await? {
        Led::SignIn => return Ok(()),
        Led::Away(at) if is_authorization_server(cx, &at) => return Ok(()),
        Led::To(reply) => reply,
        led => return Err(Stop::inconclusive(format!("the URL led to {}", led.describe()))),
    };
    if reply.status == StatusCode::UNAUTHORIZED && reply.header("www-authenticate").is_some() {
        return Ok(());
    }
    if reply.status.is_client_error() && !reply.is_in_front() {
        return refused(cx, url, user, &reply.describe()).await;
    }
    if !reply.status.is_success() {
        return Err(Stop::inconclusive(format!("the URL got {} in a browser", reply.describe())));
    }
    let page = String::from_utf8_lossy(&reply.body);
    let expected = "a sign-in, or nothing that is the user's";
    if user.is_some_and(|user| page.contains(user.id.as_str())) {
        return Err(Stop::violation(expected, "a page that names the user, without any sign-in"));
    }
    let Some(shows) = &tool.page_shows else { return Err(Stop::Undeclared { wanted: SHOWS }) };
    if page.contains(shows.as_str()) {
        let actual = format!("a page that shows {}, without any sign-in", quoted(shows));
        return Err(Stop::violation(expected, actual));
    }
    // That it is not there shows something only where it would be.
    let Some(user) = user else { return Err(Stop::NotTested { need: Need::Browser }) };
    match Browser::of(cx, user).open(url).await? {
        Led::To(reply) if String::from_utf8_lossy(&reply.body).contains(shows.as_str()) => Ok(()),
        led => Err(Stop::inconclusive(format!(
            "the user who was asked does not see {} either, but {}",
            quoted(shows),
            led.describe()
        ))),
    }
}

/// Passes where it is for want of a sign-in that a fresh browser got this 4xx: its user gets the page, and then a fresh one
/// still gets none. A guard in front may have turned the suite's browser away, whoever uses it.
async fn refused(cx: &Context, url: &str, user: Option<&User>, got: &str) -> Verdict {
    let Some(user) = user else {
        return Err(Stop::inconclusive(format!("the URL got {got} in a browser, and perhaps in any")));
    };
    match Browser::of(cx, user).open(url).await? {
        Led::To(page) if page.status.is_success() => {}
        led => {
            let led = led.describe();
            let because = format!("the URL got {got} in a browser, and led the user who was asked to {led}");
            return Err(Stop::inconclusive(because));
        }
    }
    match Browser::fresh(cx).open(url).await? {
        Led::To(again) if again.status.is_client_error() && !again.is_in_front() => Ok(()),
        led => Err(Stop::inconclusive(format!("the URL got {got} in a browser, and then led to {}", led.describe()))),
    }
}

/// Whether an address is that of an authorization server which the metadata name, and not the server itself.
fn is_authorization_server(cx: &Context, at: &Url) -> bool {
    let issuers = cx.survey().discovery.issuers();
    let mut origins = issuers.iter().filter_map(|issuer| Url::parse(issuer).ok()).map(|issuer| issuer.origin());
    at.origin() != cx.url().origin() && origins.any(|origin| origin == at.origin())
}
