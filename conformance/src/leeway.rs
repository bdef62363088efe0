//! How long after its end a token still counts: searched for with tokens that ended so many seconds ago.

use crate::check::Stop;
use crate::context::Context;

/// Seconds of leeway up to which it is measured; more than that is no leeway any longer.
pub const LEEWAY_AT_MOST: i64 = 599;

/// The age at which an expired token is first refused, in seconds; none where it never is.
///
/// # Errors
/// Inconclusive where an answer says nothing about the token.
pub async fn measured(cx: &Context) -> Result<Option<i64>, Stop> {
    cx.accepted_token().await?;
    if is_served(cx, LEEWAY_AT_MOST).await? {
        return Ok(None);
    }
    // Served at `served`, refused at `refused`; steps grow, since a leeway is mostly small.
    let (mut served, mut refused) = (-1, LEEWAY_AT_MOST);
    while refused - served > 1 {
        let next = if refused == LEEWAY_AT_MOST { 2 * served + 2 } else { i64::midpoint(served, refused) };
        let next = next.clamp(served + 1, refused - 1);
        if is_served(cx, next).await? { served = next } else { refused = next }
    }
    Ok(Some(refused))
}

async fn is_served(cx: &Context, age: i64) -> Result<bool, Stop> {
    let ended = cx.now() - age;
    let draft = cx.survey().accepted()?.but(|t| {
        t.claim("iat", ended - 3600);
        t.claim("exp", ended);
    });
    let token = cx.sign(&draft, "expired token").await?;
    let reply = cx.call(&token, &format!("a token that ended {age} s ago")).await?;
    match reply.expect_refused() {
        Ok(()) => Ok(false),
        Err(Stop::Violation { .. }) => Ok(true),
        Err(other) => Err(other),
    }
}
