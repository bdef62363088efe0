//! Why there is nothing to test, or not what the user asked for: what was expected, what came, and what to do.

use std::collections::BTreeSet;

use http::StatusCode;
use url::Url;

use crate::client::{Client, NoReply};
use crate::context::Options;
use crate::elsewhere::{self, What};
use crate::mcp::{self, Operation, Revision};
use crate::no_reply::TlsFailure;
use crate::secrets::Secrets;
use crate::survey::{Survey, TokenFound};
use crate::text::{nearest, printable, quoted};
use crate::transcript::Transcript;
use crate::zone::Zone;

/// Why this target cannot be tested as asked; none where it can.
pub(super) async fn untestable(
    options: &Options,
    client: &Client,
    survey: &Survey,
    secrets: &Secrets,
) -> Option<String> {
    let url = &options.url;
    let refused = matches!(survey.token, TokenFound::Refused(_));
    if let Err(error) = &survey.discovery.anonymous {
        return Some(format!("no answer from {url}: {error}; {}", no_answer(options, survey, error).await));
    }
    if let Some(why) = &survey.no_endpoint {
        let token = if refused { ", with a token of the zone too" } else { "" };
        let advice = other_place(options, survey).await;
        return Some(format!("{url}: {why}{token}; expected {EXPECTED}. {advice}"));
    }
    if let Some(version) = survey.negotiated.as_deref().filter(|_| refused) {
        let wanted: Vec<_> = options.revisions.iter().map(|r| r.name()).collect();
        let spoken: Vec<_> = Revision::ALL.iter().map(|r| r.name()).collect();
        let and = match Revision::named(version) {
            Some(_) if !wanted.is_empty() => format!("--revision asks for {}", wanted.join(" and ")),
            _ => format!("this suite {}", spoken.join(", ")),
        };
        return Some(format!("{url} speaks {}, and {and}", quoted(version)));
    }
    if let Some((tool, how)) = survey.named_in_vain.first() {
        return Some(format!(
            "--tool {tool}=…: with a token that the server accepts, the call got {}; \
             name a tool of the server and arguments with which it can be called{}",
            secrets.mask(how),
            its_tools(client, options, survey, tool).await
        ));
    }
    let tool = survey.scoped_in_vain.first()?;
    Some(format!(
        "--tool-scope {tool}=…: no tool of this name was called; it is called if --tool {tool}=JSON names it, \
         or if the server marks it as read-only and it needs no argument{}",
        its_tools(client, options, survey, tool).await
    ))
}

const EXPECTED: &str = "an MCP answer, or 401 with a Bearer challenge";

/// What to do about a server that gave no answer.
async fn no_answer(options: &Options, survey: &Survey, error: &NoReply) -> String {
    let url = &options.url;
    let host = url.host_str().unwrap_or_default();
    match error {
        NoReply::Connect(_) | NoReply::ForeignOrigin(_) => {
            let port = url.port_or_known_default().unwrap_or_default();
            format!("is the server running, and is {port} its port?")
        }
        NoReply::Unresolved(_) => format!("is {} spelled right, and does this machine know it?", quoted(host)),
        NoReply::ConnectTimeout(_) if url.scheme() == "https" => {
            "is the host up, does no firewall keep this machine out, and is TLS spoken on that port?".to_owned()
        }
        NoReply::ConnectTimeout(_) => "is the host up, and does no firewall keep this machine out?".to_owned(),
        NoReply::Timeout(_) => {
            "a connection came about; is this the MCP endpoint, and is --timeout long enough for it?".to_owned()
        }
        NoReply::Endless => {
            let within = options.timeout.as_secs();
            format!("expected {EXPECTED}, within {within} s and 1 MiB. {}", other_place(options, survey).await)
        }
        NoReply::Broken(_) if url.scheme() == "http" && elsewhere::speaks_tls(options).await => {
            format!("TLS is spoken there; use --url {}", with_scheme(url, "https"))
        }
        NoReply::Broken(_) => "what answers there is no proper HTTP server, or it closes the connection".to_owned(),
        NoReply::Tls(failure) => match failure {
            TlsFailure::NotSpoken if elsewhere::speaks_plainly(options).await => {
                format!("HTTP without TLS is; use --url {}", with_scheme(url, "http"))
            }
            TlsFailure::NotSpoken | TlsFailure::Other(_) => {
                let port = url.port_or_known_default().unwrap_or_default();
                format!("is {port} the port of its TLS?")
            }
            TlsFailure::SelfSigned | TlsFailure::UnknownIssuer => {
                "clients refuse it as well; for a test, --ca-file PEM names a certificate to trust".to_owned()
            }
            TlsFailure::Expired => "clients refuse it as well; renew it (or is this machine's clock wrong?)".to_owned(),
            TlsFailure::NotYetValid => "is this machine's clock right, and the server's?".to_owned(),
            TlsFailure::WrongName => {
                format!("use the name that it is for in --url, or a certificate that is for {}", quoted(host))
            }
        },
    }
}

fn with_scheme(url: &Url, scheme: &str) -> Url {
    let mut other = url.clone();
    let port = url.port_or_known_default();
    // Both are http(s), between which a URL may be changed.
    let _ = other.set_scheme(scheme);
    let _ = other.set_port(port);
    other
}

/// What was found at the places where an endpoint usually is.
async fn other_place(options: &Options, survey: &Survey) -> String {
    let url = &options.url;
    let anonymous = survey.discovery.anonymous.as_ref().ok();
    if url.scheme() == "http"
        && anonymous.is_some_and(|reply| reply.status == StatusCode::BAD_REQUEST)
        && elsewhere::speaks_tls(options).await
    {
        return format!("TLS is spoken there; use --url {}", with_scheme(url, "https"));
    }
    let looked = elsewhere::look(options, &survey.discovery).await;
    let found: Vec<_> =
        looked.found.iter().map(|f| format!("{} {}", printable(f.url.as_str()), f.what.describe())).collect();
    if let Some(first) = looked.found.iter().find(|f| f.what != What::OldTransport) {
        return format!("{}; use --url {}", found.join("; "), printable(first.url.as_str()));
    }
    if !found.is_empty() {
        return found.join("; ");
    }
    let is_redirect = anonymous.is_some_and(|reply| reply.status.is_redirection());
    let sign_in = if is_redirect { "Clients of MCP follow no redirect to a page for signing in. " } else { "" };
    let named = survey.discovery.resource().filter(|resource| resource != url.as_str());
    let named = named.map(|r| format!("; its metadata names {}", quoted(&r))).unwrap_or_default();
    let places: Vec<_> = looked.places.iter().map(|place| printable(place.path())).collect();
    format!(
        "{sign_in}Is this the MCP endpoint? Nothing that answers as one was found at {} of the same server{named}",
        places.join(", ")
    )
}

/// The tool that was meant, or those that there are.
async fn its_tools(client: &Client, options: &Options, survey: &Survey, sought: &str) -> String {
    let names = tool_names(client, options, survey).await;
    match nearest(sought, names.iter().map(String::as_str)) {
        _ if names.iter().any(|name| name == sought) => String::new(),
        Some(near) => format!("; did you mean {}?", quoted(near)),
        None if names.is_empty() => String::new(),
        None => {
            let shown: Vec<_> = names.iter().take(10).map(|name| quoted(name)).collect();
            let more = if names.len() > shown.len() { " and more" } else { "" };
            format!("; it has {}{more}", shown.join(", "))
        }
    }
}

async fn tool_names(client: &Client, options: &Options, survey: &Survey) -> Vec<String> {
    let (TokenFound::Accepted(token), Some((revision, dialect))) = (&survey.token, survey.dialects.iter().next())
    else {
        return Vec::new();
    };
    let list = mcp::post(&options.url, &Operation::ListTools, *revision, &dialect.session).bearer(&token.compact);
    let listed = client.send(&list, &Transcript::default()).await.ok().and_then(|reply| reply.result());
    let tools = listed.as_ref().and_then(|result| result["tools"].as_array()).map(Vec::as_slice).unwrap_or_default();
    tools.iter().filter_map(|tool| tool["name"].as_str().map(str::to_owned)).collect()
}

/// Which tools were left alone, and what would have them tested; none where all were called.
pub(super) fn left_alone(survey: &Survey) -> Option<String> {
    const SHOWN: usize = 4;
    let (shown, more) = survey.left_alone.split_at(survey.left_alone.len().min(SHOWN));
    if shown.is_empty() {
        return None;
    }
    let names: Vec<_> = shown.iter().map(|name| quoted(name)).collect();
    let more = if more.is_empty() { String::new() } else { format!(" and {} more", more.len()) };
    let needed: BTreeSet<&String> = survey.scoped_tools.iter().flat_map(|tool| &tool.scopes).collect();
    let offered = survey.discovery.scopes();
    let unneeded: Vec<_> =
        offered.iter().filter(|scope| !needed.contains(scope)).take(SHOWN).map(|s| quoted(s)).collect();
    let scopes = if unneeded.is_empty() {
        String::new()
    } else {
        format!("; of the scopes in the metadata no tool that was called needs {}", unneeded.join(", "))
    };
    Some(format!(
        "not called, since nobody marked them read-only or said what to call them with: {}{more}; what guards them is not \
         tested before --tool NAME=JSON names them, and --tool-scope NAME=SCOPE says what they need{scopes}",
        names.join(", ")
    ))
}

/// What is worth saying where tokens were refused: which zone the server trusts instead, and how to have it trust this one.
pub(super) fn why_refused(options: &Options, survey: &Survey, zone: Option<&Zone>, is_launched: bool) -> Vec<String> {
    let (TokenFound::Refused(how), Some(zone)) = (&survey.token, zone) else { return Vec::new() };
    let issuer = zone.issuer();
    let documents = survey.discovery.documents();
    let named = documents.iter().filter_map(|(_, d)| d.get("authorization_servers").and_then(|v| v.as_array()));
    let mut named: Vec<_> = named.flatten().filter_map(|v| v.as_str()).collect();
    named.sort_unstable();
    named.dedup();
    let trusts = named.iter().any(|server| server.trim_end_matches('/') == issuer.trim_end_matches('/'));
    let remedy = if is_launched {
        "the command found the zone in KEYCARD_ZONE_URL; --env NAME={zone} sets the variable that it reads instead"
            .to_owned()
    } else {
        format!(
            "start it with KEYCARD_ZONE_URL={issuer}, or whatever it reads, or give the zone that it trusts as --zone"
        )
    };
    let mut notes = Vec::new();
    let refused_it = ["got 401", "got 403"].iter().any(|status| how.contains(status));
    if !options.revisions.is_empty() && !refused_it {
        let names: Vec<_> = options.revisions.iter().map(|revision| revision.name()).collect();
        notes.push(format!(
            "no answer refuses a token (401 or 403); perhaps the server does not speak {}: without --revision it is seen which it \
             does",
            names.join(" and ")
        ));
    }
    if trusts {
        notes.push(format!(
            "the server's metadata names the zone {issuer}; can it fetch keys there, and what else does it ask of a token?"
        ));
    } else if named.is_empty() {
        notes.push(format!("no metadata says which zone the server trusts; if it is not {issuer}, {remedy}"));
    } else {
        let named: Vec<_> = named.iter().take(4).map(|server| quoted(server)).collect();
        notes.push(format!(
            "the server's metadata names {} as its authorization server, and the zone is {issuer}: {remedy}",
            named.join(" and ")
        ));
    }
    // A guard before every path hides that there is nothing behind this one.
    if let Some(resource) = survey.discovery.resource().filter(|r| how.contains("got 404") && r != options.url.as_str())
    {
        notes.push(format!("the server's metadata names the resource {}; is --url its endpoint?", quoted(&resource)));
    }
    notes
}
