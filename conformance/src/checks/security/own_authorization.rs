//! A server with an authorization endpoint on its own origin: the endpoints, a client of ours, and its requests.

use http::Method;
use serde_json::json;
use url::Url;

use crate::check::Stop;
use crate::checks::discovery::own_server::{Metadata, answered, at_origin, is_absent, origin_metadata};
use crate::client::Request;
use crate::context::Context;
use crate::mcp::Revision;
use crate::reply::Reply;

/// RFC 7636, Appendix B: a challenge that is well-formed, for a code that is never redeemed.
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

/// The server's own endpoints.
pub(super) struct Endpoints {
    pub(super) authorization: Url,
    pub(super) registration: Option<Url>,
}

impl Endpoints {
    /// # Errors
    /// Not applicable where the server has no authorization endpoint on its own origin.
    pub(super) async fn of(cx: &Context) -> Result<Self, Stop> {
        let elsewhere = || Stop::not_applicable("the server has no authorization endpoint on its own origin");
        let own = |url: &Url| url.origin() == cx.url().origin();
        match origin_metadata(cx).await? {
            Metadata::Document(document) => {
                let url =
                    |member: &str| document.get(member)?.as_str().and_then(|text| Url::parse(text).ok()).filter(own);
                let authorization = url("authorization_endpoint").ok_or_else(elsewhere)?;
                Ok(Self { authorization, registration: url("registration_endpoint") })
            }
            Metadata::Other(_) => Err(elsewhere()),
            // Only that revision has default endpoints.
            Metadata::Absent if cx.revision() != Revision::V2025_03_26 => Err(elsewhere()),
            Metadata::Absent => {
                let authorization = at_origin(cx.url(), "/authorize");
                let reply = cx.fetch(authorization.clone(), "/authorize").await?;
                answered(&reply, "/authorize")?;
                // A guard in front of every path is no endpoint.
                if is_absent(&reply) || reply.status.as_u16() == 401 {
                    return Err(elsewhere());
                }
                Ok(Self { authorization, registration: Some(at_origin(cx.url(), "/register")) })
            }
        }
    }
}

/// A client that was registered for this check.
pub(super) struct Client {
    pub(super) id: String,
    /// Where it is deleted, and the token for that (RFC 7592).
    management: Option<(Url, String)>,
}

/// Registers a client; none where the server does not register it.
pub(super) async fn register(cx: &Context, endpoint: Option<Url>, redirect_uri: &str) -> Result<Option<Client>, Stop> {
    let Some(endpoint) = endpoint else { return Ok(None) };
    let wanted = json!({
        "client_name": "conformance",
        "redirect_uris": [redirect_uri],
        "token_endpoint_auth_method": "none",
        "grant_types": ["authorization_code"],
        "response_types": ["code"],
    });
    let request = Request::get(endpoint, "registration of a client").header("content-type", "application/json");
    let request = Request { method: Method::POST, ..request.body(wanted.to_string()) };
    let reply = cx.send(&request.confidential()).await?;
    let answer = reply.json().filter(|_| reply.status.is_success()).unwrap_or_default();
    let text = |member: &str| answer[member].as_str().map(str::to_owned);
    for (member, name) in [("client_secret", "client secret"), ("registration_access_token", "registration token")] {
        text(member).map(|secret| cx.note(secret, name));
    }
    let management = text("registration_client_uri").and_then(|uri| Url::parse(&uri).ok());
    let management = management.filter(|uri| uri.origin() == cx.url().origin()).zip(text("registration_access_token"));
    Ok(text("client_id").map(|id| Client { id, management }))
}

/// Deletes the client, as RFC 7592 section 2.3 has it; a server need not let us.
pub(super) async fn delete(cx: &Context, client: &Client) {
    if let Some((uri, token)) = &client.management {
        let request = Request::get(uri.clone(), "deletion of that client").bearer(token);
        let _ = cx.send(&Request { method: Method::DELETE, ..request }).await;
    }
}

/// Asks for an authorization, as a browser would.
pub(super) async fn ask(
    cx: &Context,
    endpoint: &Url,
    client: &str,
    redirect: &str,
    response_type: &str,
) -> Result<Reply, Stop> {
    let mut url = endpoint.clone();
    url.query_pairs_mut()
        .append_pair("response_type", response_type)
        .append_pair("client_id", client)
        .append_pair("redirect_uri", redirect)
        .append_pair("state", "conformance")
        .append_pair("code_challenge", CHALLENGE)
        .append_pair("code_challenge_method", "S256");
    let what = format!("authorization with response_type {response_type} and redirect_uri {redirect}");
    let reply = cx.send(&Request::get(url, &what).header("accept", "text/html")).await?;
    answered(&reply, &what)?;
    Ok(reply)
}
