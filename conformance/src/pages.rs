//! Lists that come in pages (MCP, "Pagination").

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use crate::check::Stop;
use crate::client::Client;
use crate::context::Context;
use crate::mcp::Operation;
use crate::reply::{Outcome, Reply};

/// Most pages of one list that are read.
const PAGES_AT_MOST: usize = 5;

/// The pages of a list with this token; where the first is not served, the answer in its place.
///
/// # Errors
/// Inconclusive where no answer came, or a later page was not served.
pub async fn pages(
    cx: &Context,
    over: Option<&Client>,
    token: &str,
    method: &'static str,
    why: &str,
) -> Result<Result<Vec<Value>, Box<Reply>>, Stop> {
    let mut pages: Vec<Value> = Vec::new();
    let mut params = Map::new();
    while pages.len() < PAGES_AT_MOST {
        let request = cx.operation(&Operation::Other(method, params)).bearer(token);
        let request = request.purpose(format!("{method}, page {}{why}", pages.len() + 1));
        let reply = match over {
            Some(client) => cx.send_over(client, &request).await?,
            None => cx.send(&request).await?,
        };
        let (Outcome::Served, Some(page)) = (reply.outcome(), reply.result()) else {
            if pages.is_empty() {
                return Ok(Err(Box::new(reply)));
            }
            let because = format!("page {} of {method} got {}", pages.len() + 1, reply.describe());
            return Err(Stop::inconclusive(because));
        };
        let next = page["nextCursor"].as_str().map(str::to_owned);
        pages.push(page);
        let Some(cursor) = next else { break };
        params = Map::from_iter([("cursor".to_owned(), json!(cursor))]);
    }
    Ok(Ok(pages))
}

/// The names in a list of tools.
pub fn tool_names(pages: &[Value]) -> BTreeSet<String> {
    let tools = pages.iter().flat_map(|page| page["tools"].as_array().into_iter().flatten());
    tools.filter_map(|tool| tool["name"].as_str()).map(str::to_owned).collect()
}
