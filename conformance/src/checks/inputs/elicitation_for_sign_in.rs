//! Who you are is asked elsewhere.

use http::StatusCode;

use super::TOOLS;
use crate::check::{Area, Check, Level, Meta, Need, Stop, Verdict};
use crate::context::Context;
use crate::inputs::{self, InputRequest, Pending};
use crate::mcp::{self, Operation, Session};
use crate::page;
use crate::reply::Outcome;
use crate::text::quoted;

page! {
    /// A request without a token is answered with 401 and no elicitation
    ///
    /// # What it checks
    /// Without a token, by a client that says it can be asked, the bearing request is sent, and what is declared to ask for
    /// input. None may be answered with a URL for the user to open. An answer that is neither that nor a refusal is not
    /// judged here.
    ///
    /// # Why it matters
    /// A client that opens such a URL has the user sign in where no token comes of it: whoever knows the URL can have someone
    /// else sign in for them.
    ///
    /// # How to fix it
    /// Answer 401 with the challenge of RFC 9728, and let the client get a token from the authorization server. Ask with a URL
    /// only for what a third party protects.
    ///
    /// # Reference
    /// MCP 2026-07-28, Elicitation, "URL Mode Elicitation for OAuth Flows".
    pub struct ElicitationForSignIn;
}

const META: Meta = Meta {
    id: "elicitation-instead-of-401",
    requirements: &["mcp-elicitation-not-for-own-auth"],
    level: Level::Must,
    area: Area::Security,
    follows_from: &["no-token"],
    ..Meta::CALM
};

impl Check for ElicitationForSignIn {
    fn meta(&self) -> &'static Meta {
        &META
    }

    async fn run(&self, cx: &Context) -> Verdict {
        let none = Session::default();
        let mut operations = vec![cx.bearing_operation().clone()];
        if cx.revision().initializes() {
            operations.push(Operation::Initialize);
        }
        let asking = cx.declared().tools.iter().filter(|(_, tool)| tool.asks_for_input).take(TOOLS);
        operations.extend(
            asking.map(|(name, tool)| Operation::CallTool { name: name.clone(), arguments: tool.arguments.clone() }),
        );
        let mut unclear = Ok(());
        for operation in operations {
            let what = operation.describe();
            let session = if operation == Operation::Initialize { none.clone() } else { cx.session() };
            let request = mcp::post(cx.url(), &operation, cx.revision(), &session).until_asked();
            let request = inputs::with_capabilities(request, cx.revision(), &inputs::both_modes());
            let reply = cx.send(&request.purpose(format!("{what} without a token, by one who can be asked"))).await?;
            let asked = Pending::of(&reply).filter(|_| reply.status != StatusCode::UNAUTHORIZED);
            if let Some(url) = asked.iter().flat_map(|pending| &pending.requests).find_map(InputRequest::url) {
                let actual = format!("{} and the URL {}", reply.status.as_u16(), quoted(url));
                return Err(Stop::violation(format!("401 for {what} without a token"), actual));
            }
            if reply.outcome() == Outcome::Served && unclear.is_ok() {
                unclear = Err(Stop::NotTested { need: Need::DeclaredTool }); // one that needs a token
            } else if !matches!(reply.outcome(), Outcome::Unauthorized | Outcome::Forbidden) && unclear.is_ok() {
                let because = format!("{what} without a token got {}, and no elicitation", reply.describe());
                unclear = Err(Stop::inconclusive(because));
            }
        }
        unclear
    }
}
