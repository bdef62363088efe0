//! An exchange is asked for in one way.

use super::exchanges;
use crate::check::{Area, Check, Level, Meta, Need, Stop, Verdict};
use crate::context::Context;
use crate::page;
use crate::text::quoted;
use crate::zone::Received;

page! {
    /// A token is exchanged by a form with all that it needs
    ///
    /// # What it checks
    /// Each tool that calls the suite's upstream is called once. What the server then asks of the zone's token endpoint must
    /// be a POST of `application/x-www-form-urlencoded` with `grant_type` token-exchange, `subject_token` and
    /// `subject_token_type`, each once, the type being that of an access token or a JWT.
    ///
    /// # Why it matters
    /// Other authorization servers refuse what this one lets pass, and a token in a query is in every log on the way.
    ///
    /// # How to fix it
    /// Send the form of RFC 8693 section 2.1, or let a library do so.
    ///
    /// # Reference
    /// RFC 8693 section 2.1; RFC 6749 section 3.2.
    pub struct ExchangeParameters;
}

const META: Meta = Meta {
    id: "exchange-parameters",
    requirements: &["rfc8693-server-exchange-parameters"],
    level: Level::Must,
    area: Area::Delegation,
    needs: &[Need::Upstream, Need::ZoneControl],
    ..Meta::CALM
};

const GRANT_TYPE: &str = "urn:ietf:params:oauth:grant-type:token-exchange";
const TOKEN_TYPES: [&str; 2] =
    ["urn:ietf:params:oauth:token-type:access_token", "urn:ietf:params:oauth:token-type:jwt"];

impl Check for ExchangeParameters {
    fn meta(&self) -> &'static Meta {
        &META
    }

    async fn run(&self, cx: &Context) -> Verdict {
        exchanges(cx).await?.iter().try_for_each(judge)
    }
}

fn judge(request: &Received) -> Verdict {
    let (true, Some(asked)) = (request.method == "POST", &request.token) else {
        return Err(Stop::violation(
            "a POST to the token endpoint",
            format!("a request by {}", quoted(&request.method)),
        ));
    };
    let content_type = asked.content_type.as_deref().unwrap_or_default();
    let media_type = content_type.split(';').next().unwrap_or_default().trim();
    if !media_type.eq_ignore_ascii_case("application/x-www-form-urlencoded") {
        return Err(Stop::violation("application/x-www-form-urlencoded", quoted(content_type)));
    }
    for name in ["grant_type", "subject_token", "subject_token_type"] {
        let times = asked.parameters.iter().filter(|parameter| *parameter == name).count();
        if times != 1 {
            return Err(Stop::violation(format!("{name} once"), format!("it came {times} times")));
        }
    }
    let grant_type = asked.grant_type.as_deref().unwrap_or_default();
    if grant_type != GRANT_TYPE {
        return Err(Stop::violation(format!("the grant type {GRANT_TYPE}"), quoted(grant_type)));
    }
    let token_type = asked.subject_token_type.as_deref().unwrap_or_default();
    if !TOKEN_TYPES.contains(&token_type) {
        return Err(Stop::violation(format!("the subject_token_type {}", TOKEN_TYPES[0]), quoted(token_type)));
    }
    Ok(())
}
