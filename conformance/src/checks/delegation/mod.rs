//! What a server does in its callers' name at an API behind it: by exchange (RFC 8693), for the right user, or not at all.

checks! {
    token_forwarding::TokenForwarding,
    exchange_user::ExchangeUser,
    exchange_parameters::ExchangeParameters,
    exchange_resource::ExchangeResource,
    exchange_actor::ExchangeActor,
    exchange_refused::ExchangeRefused,
    upstream_token_shown::UpstreamTokenShown,
    nested_actor::NestedActor,
}

use crate::check::{Need, Stop};
use crate::context::Context;
use crate::mcp::Operation;
use crate::reply::{Outcome, Reply};
use crate::survey::random_id;
use crate::token::Token;
use crate::upstream::Seen;
use crate::zone::{Received, TokenAsked};

/// Most tools that are called.
const TOOLS_AT_MOST: usize = 3;

/// The tools that call the suite's upstream.
///
/// # Errors
/// Not tested where none is declared.
fn upstream_tools(cx: &Context) -> Result<Vec<Operation>, Stop> {
    let declared = cx.declared().upstream_tools().take(TOOLS_AT_MOST);
    let call = |name: &str, tool: &crate::declared::Tool| Operation::CallTool {
        name: name.to_owned(),
        arguments: tool.arguments.clone(),
    };
    let tools: Vec<_> = declared.map(|(name, tool)| call(name, tool)).collect();
    if tools.is_empty() { Err(Stop::NotTested { need: Need::Upstream }) } else { Ok(tools) }
}

/// A user whom nobody else of this run is, and the accepted token in their name.
struct Caller {
    subject: String,
    token_id: String,
    compact: String,
}

impl Caller {
    async fn new(cx: &Context, token: &Token) -> Result<Self, Stop> {
        let (subject, token_id) = (format!("conformance-{}", random_id()), random_id());
        let draft = token.but(|t| {
            t.claim("sub", subject.as_str());
            t.claim("jti", token_id.as_str());
        });
        let compact = cx.sign(&draft, "token of a user of the upstream").await?;
        Ok(Self { subject, token_id, compact })
    }

    /// Calls a tool in this user's name.
    async fn call(&self, cx: &Context, tool: &Operation) -> Result<Reply, Stop> {
        cx.perform_as_another(tool, &self.compact, "a token of its own user").await
    }

    /// The tokens that the zone issued in exchange for one of this user's, each by its `jti`.
    fn issued_to(&self, exchanges: &[TokenAsked]) -> Vec<String> {
        let own = exchanges.iter().filter(|asked| asked.subject.as_deref() == Some(self.subject.as_str()));
        own.filter_map(|asked| asked.issued_token_id.clone()).collect()
    }
}

/// What was seen at the zone and at the upstream while a tool was called.
struct Delegated {
    reply: Reply,
    /// The requests to the token endpoint that are this call's, or cannot be told to be another's.
    exchanges: Vec<Received>,
    /// The requests to the upstream, those of other calls at the same time included.
    upstream: Vec<Seen>,
}

/// Calls a tool in this user's name and looks what it asks of others.
async fn delegated(cx: &Context, tool: &Operation, caller: &Caller) -> Result<Delegated, Stop> {
    let (zone, upstream) = (cx.zone()?, cx.upstream()?);
    let (before, place) = (zone.last_request().await?, upstream.place());
    let reply = caller.call(cx, tool).await?;
    let requests = zone.requests_after(before).await?;
    let is_ours = |received: &Received| {
        let asked = received.token.as_ref();
        let subject = asked.and_then(|asked| asked.subject_token_id.as_deref());
        received.may_be_exchange() && subject.is_none_or(|id| id == caller.token_id)
    };
    let exchanges = requests.into_iter().filter(is_ours).collect();
    Ok(Delegated { reply, exchanges, upstream: upstream.seen_since(place) })
}

/// The exchanges of each tool that calls the upstream, in the name of a user of its own; those that came to nothing too.
///
/// # Errors
/// Not applicable where there was none; inconclusive where the tool was not reached.
async fn exchanges(cx: &Context) -> Result<Vec<Received>, Stop> {
    let token = cx.accepted_token().await?;
    let mut all = Vec::new();
    let mut replies = Vec::new();
    for tool in upstream_tools(cx)? {
        let caller = Caller::new(cx, &token).await?;
        let Delegated { reply, exchanges, .. } = delegated(cx, &tool, &caller).await?;
        replies.push(format!("{} got {}", tool.describe(), reply.describe()));
        let is_reached = matches!(reply.outcome(), Outcome::Served | Outcome::NotServedIn2xx);
        if exchanges.is_empty() && !is_reached {
            return Err(Stop::inconclusive(replies.join(", ")));
        }
        all.extend(exchanges);
    }
    if all.is_empty() {
        return Err(Stop::not_applicable(format!("no token was exchanged at the zone: {}", replies.join(", "))));
    }
    Ok(all)
}
