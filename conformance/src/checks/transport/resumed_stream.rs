//! What a stream missed is that stream's.

use std::time::Duration;

use http::{Method, StatusCode};
use serde_json::{Map, Value};

use crate::caller::Caller;
use crate::check::{Area, Check, Level, Meta, Need, Revisions, Stop, Verdict};
use crate::context::Context;
use crate::mcp::{self, Session};
use crate::page;
use crate::reply::{Outcome, Reply};
use crate::survey::random_id;

page! {
    /// A stream that is resumed replays nothing of another
    ///
    /// # What it checks
    /// Two requests are answered with event streams. GET with the accepted token and `Last-Event-ID` of the first
    /// stream must not bring the answer of the second, and with a token of another user neither answer. It should bring
    /// the rest of the first stream to the accepted token; where it brings nothing, or where events have no ids, the
    /// check does not apply. Each stream is read for two seconds at most.
    ///
    /// # Why it matters
    /// Ids of events are often counted. Whoever names another one reads what others were answered.
    ///
    /// # How to fix it
    /// Keep events by stream and streams by user, and replay what came after the event in its own stream only.
    ///
    /// # Reference
    /// MCP 2025-11-25, Transports, "Resumability and Redelivery".
    pub struct ResumedStream;
}

const META: Meta = Meta {
    id: "resumed-stream",
    requirements: &["mcp-transport-resume-not-cross-stream"],
    level: Level::Must,
    area: Area::Transport,
    needs: &[Need::ZoneControl],
    revisions: Revisions::Initialize,
    ..Meta::CALM
};

/// How long a stream may take to replay something.
const REPLAYED_WITHIN: Duration = Duration::from_secs(2);

impl Check for ResumedStream {
    fn meta(&self) -> &'static Meta {
        &META
    }

    async fn run(&self, cx: &Context) -> Verdict {
        let token = cx.accepted_token().await?;
        let subject = Map::from_iter([("sub".to_owned(), format!("conformance-{}", random_id()).into())]);
        let first = streamed(cx, &token.compact, "a stream").await?;
        let other = Caller::with_claims(cx, &token, &subject, cx.bearing_operation()).await?;
        let second = streamed(cx, &token.compact, "another stream").await?;

        let session = cx.session();
        let own = resume(cx, &token.compact, &session, &first.begins, &first.answer, "from its beginning").await?;
        if own.status != StatusCode::OK || own.media_type() != "text/event-stream" {
            let why = format!("the server resumes no stream: GET with Last-Event-ID got {}", own.describe());
            return Err(Stop::not_applicable(why));
        }
        expect_none_of(&own, &[&second.answer], "the same user's first stream")?;
        let rest = resume(cx, &token.compact, &session, &first.ends, &second.answer, "from its end").await?;
        expect_none_of(&rest, &[&second.answer], "the same user's first stream")?;
        let answers = [&first.answer, &second.answer];
        let stolen =
            resume(cx, other.token(), other.session(), &first.begins, &first.answer, "by another user").await?;
        expect_none_of(&stolen, &answers, "another user's stream")?;

        if answered(&own, &first.answer) {
            return Ok(());
        }
        Err(Stop::not_applicable("its own event id replays nothing of a stream, so that streams are not resumed"))
    }
}

/// A request that was answered with an event stream.
struct Streamed {
    /// The JSON-RPC id of the answer.
    answer: Value,
    /// The ids of its first and of its last event.
    begins: String,
    ends: String,
}

async fn streamed(cx: &Context, token: &str, what: &str) -> Result<Streamed, Stop> {
    let request = cx.bearing().bearer(token).purpose(format!("{} as {what}", cx.bearing_name()));
    let reply = cx.send(&request).await?;
    if reply.outcome() != Outcome::Served {
        return Err(Stop::inconclusive(format!("the accepted token got {}", reply.describe())));
    }
    let ids = reply.event_ids();
    let (Some(begins), Some(ends)) = (ids.first(), ids.last()) else {
        return Err(Stop::not_applicable("the server's answers are no streams of events with ids"));
    };
    Ok(Streamed { answer: request.rpc_id.unwrap_or_default(), begins: begins.clone(), ends: ends.clone() })
}

/// What GET brings with this `Last-Event-ID`, up to this answer or until the time is up.
async fn resume(
    cx: &Context,
    token: &str,
    session: &Session,
    event: &str,
    answer: &Value,
    what: &str,
) -> Result<Reply, Stop> {
    let request = mcp::other(cx.url(), Method::GET, cx.revision(), session).bearer(token);
    let mut request = request.header("last-event-id", event).purpose(format!("the first stream resumed {what}"));
    request.rpc_id = Some(answer.clone());
    Ok(cx.send_within(REPLAYED_WITHIN, &request).await?)
}

/// Passes where a stream has none of these answers.
fn expect_none_of(reply: &Reply, answers: &[&Value], whose: &str) -> Verdict {
    if answers.iter().any(|answer| answered(reply, answer)) {
        return Err(Stop::violation(
            format!("nothing of another stream where {whose} is resumed"),
            "the answer to a request of another stream",
        ));
    }
    Ok(())
}

fn answered(reply: &Reply, answer: &Value) -> bool {
    reply.messages().iter().any(|message| message["id"] == *answer && message.get("method").is_none())
}
