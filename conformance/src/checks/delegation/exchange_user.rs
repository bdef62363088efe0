//! What is kept from one caller is given to the next.

use futures_util::future::join_all;

use super::{Caller, upstream_tools};
use crate::check::{Area, Check, Level, Meta, Need, Stop, Verdict};
use crate::context::Context;
use crate::mcp::Operation;
use crate::page;
use crate::reply::{Outcome, Reply};
use crate::upstream::Seen;
use crate::zone::TokenAsked;

page! {
    /// An API behind the server is called in the name of the user who calls
    ///
    /// # What it checks
    /// Four users call each tool that calls the suite's upstream, one after the other and then all at once. For each call the
    /// upstream must see a token that the zone issued in exchange for one of that very user, and as many of these as that
    /// user made calls. The upstream answers with the user of the token that it got: where the tool passes that on, each
    /// answer must show its own caller. Where it does not, two tokens that are swapped between calls at the same moment stay
    /// unseen.
    ///
    /// # Why it matters
    /// An exchanged token that is kept in a global or under too short a key gives one user another one's data, and puts it
    /// on their account.
    ///
    /// # How to fix it
    /// Exchange the token of the request at hand, for each call; where results are kept, let the key be the caller's whole
    /// token, and the time short.
    ///
    /// # Reference
    /// RFC 8693 section 2.1.
    pub struct ExchangeUser;
}

const META: Meta = Meta {
    id: "exchange-user",
    requirements: &["rfc8693-server-exchange-per-user"],
    level: Level::Must,
    area: Area::Delegation,
    needs: &[Need::Upstream, Need::ZoneControl],
    follows_from: &["token-forwarding"],
    ..Meta::CALM
};

/// Users that call.
const CALLERS: usize = 4;

impl Check for ExchangeUser {
    fn meta(&self) -> &'static Meta {
        &META
    }

    async fn run(&self, cx: &Context) -> Verdict {
        let token = cx.accepted_token().await?;
        let tools = upstream_tools(cx)?;
        let mut unexchanged = Vec::new();
        for tool in &tools {
            let mut callers = Vec::new();
            for _ in 0..CALLERS {
                callers.push(Caller::new(cx, &token).await?);
            }
            if !judge(cx, tool, &callers).await? {
                unexchanged.push(tool.describe());
            }
        }
        if unexchanged.len() == tools.len() {
            let why = format!("no token was exchanged at the zone for {}", unexchanged.join(", "));
            return Err(Stop::not_applicable(why));
        }
        Ok(())
    }
}

/// Lets all call the tool, alone and then together; whether it exchanges tokens.
async fn judge(cx: &Context, tool: &Operation, callers: &[Caller]) -> Result<bool, Stop> {
    let (zone, upstream) = (cx.zone()?, cx.upstream()?);
    let (before, place) = (zone.last_request().await?, upstream.place());
    for (round, caller) in (1..).zip(callers) {
        check_answer(tool, caller, callers, &caller.call(cx, tool).await?)?;
        let exchanges: Vec<TokenAsked> =
            zone.requests_after(before).await?.into_iter().filter_map(|received| received.token).collect();
        let is_exchanged = exchanges.iter().any(|asked| asked.subject.as_ref() == Some(&caller.subject));
        if round == 1 && !is_exchanged && !was_sent_a_users_token(cx, place)? {
            return Ok(false);
        }
        check_upstream(cx, caller, &exchanges, place, 1)?;
    }
    let calls = callers.iter().map(|caller| caller.call(cx, tool));
    for (reply, caller) in join_all(calls).await.into_iter().zip(callers) {
        check_answer(tool, caller, callers, &reply?)?;
    }
    let exchanges: Vec<TokenAsked> =
        zone.requests_after(before).await?.into_iter().filter_map(|received| received.token).collect();
    for caller in callers {
        check_upstream(cx, caller, &exchanges, place, 2)?;
    }
    Ok(true)
}

/// Whether the upstream was sent a token that the zone issued for it and some user, which only an exchange gives.
fn was_sent_a_users_token(cx: &Context, place: usize) -> Result<bool, Stop> {
    let upstream = cx.upstream()?;
    let is_one = |seen: &Seen| {
        seen.claim("aud").as_deref() == Some(upstream.url()) && seen.claim("sub_profile").as_deref() == Some("user")
    };
    Ok(upstream.seen_since(place).iter().any(is_one))
}

fn check_answer(tool: &Operation, caller: &Caller, callers: &[Caller], reply: &Reply) -> Verdict {
    let shown = String::from_utf8_lossy(&reply.body);
    if let Some(other) = callers.iter().find(|c| c.subject != caller.subject && shown.contains(&c.subject)) {
        let actual = format!("the answer of {} shows {}", tool.describe(), other.subject);
        return Err(Stop::violation(format!("{} as the caller", caller.subject), actual));
    }
    if reply.outcome() != Outcome::Served {
        return Err(Stop::inconclusive(format!("{} got {}", tool.describe(), reply.describe())));
    }
    Ok(())
}

/// Passes where the upstream saw as many tokens that were issued for this caller as calls were made.
fn check_upstream(cx: &Context, caller: &Caller, exchanges: &[TokenAsked], place: usize, calls: usize) -> Verdict {
    let issued = caller.issued_to(exchanges);
    let seen = cx.upstream()?.seen_since(place);
    let own = seen.iter().filter(|seen| seen.claim("jti").is_some_and(|id| issued.contains(&id))).count();
    if own >= calls {
        return Ok(());
    }
    if seen.is_empty() {
        return Err(Stop::inconclusive("the call was served, and the upstream was asked nothing"));
    }
    let expected =
        format!("{calls} calls of the upstream with a token that was exchanged for one of {}", caller.subject);
    let actual = format!("{own} such calls; exchanges of this user's tokens: {}", issued.len());
    Err(Stop::violation(expected, actual))
}
