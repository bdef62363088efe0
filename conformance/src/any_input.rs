//! What holds of each parser whatever it is given: asserted by the tests for seeds that are mangled a little, and by the
//! fuzz targets in `conformance/fuzz` for what a fuzzer comes up with. No part of the suite itself.
#![expect(clippy::missing_panics_doc, reason = "to panic where it does not hold is what each is for")]

use std::collections::BTreeSet;

use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderValue, StatusCode};
use serde_json::{Map, Value, json};
use url::Url;

use crate::challenge::{self, Challenge};
use crate::client::NoReply;
use crate::discovery::{Discovery, Place, Way, is_loopback};
use crate::oauth::metadata::{AuthorizationServer, may_be_used};
use crate::public_key::PublicKey;
use crate::reply::{EventEnds, Outcome, Reply};
use crate::text::is_visible;
use crate::token::{Draft, Token};

/// What is read of a challenge is read again of what it is written as, and a repeated parameter is seen.
pub fn challenge(bytes: &[u8]) {
    let Ok(challenges) = challenge::parse(&String::from_utf8_lossy(bytes)) else { return };
    let again: Vec<_> = challenges.iter().map(written).collect();
    assert_eq!(challenge::parse(&again.join(", ")).as_ref(), Ok(&challenges));
    for challenge in &challenges {
        let names = || challenge.params.iter().map(|(name, _)| name.as_str());
        let first = names().enumerate().find(|(at, name)| names().take(*at).any(|other| other == *name));
        assert_eq!(challenge.repeated_param(), first.map(|(_, name)| name));
    }
}

/// A challenge in one of the forms that it may have.
fn written(challenge: &Challenge) -> String {
    let quoted =
        |(name, value): &(String, String)| format!("{name}=\"{}\"", value.replace('\\', "\\\\").replace('"', "\\\""));
    let params: Vec<_> = challenge.params.iter().map(quoted).chain(challenge.token68.clone()).collect();
    format!("{} {}", challenge.scheme, params.join(", "))
}

/// No metadata of an authorization server sends secrets where they must not go.
pub fn authorization_server(bytes: &[u8]) {
    let document: Value = serde_json::from_slice(bytes).unwrap_or_default();
    let far = Url::parse("https://mcp.example/mcp").expect("a URL");
    if let Ok(server) = AuthorizationServer::read(&document, "https://z", |url| may_be_used(url, &far)) {
        assert_eq!(&document["issuer"], "https://z");
        let named = [server.authorization_endpoint(), server.token_endpoint(), server.registration_endpoint()];
        let named = named.into_iter().flatten().chain(server.jwks_uri);
        assert!(named.into_iter().all(|url| url.scheme() == "https" && !is_loopback(&url)));
    }
}

/// Metadata of a protected resource name what they name once.
pub fn protected_resource(bytes: &[u8]) {
    let mut reply = Reply::new(StatusCode::OK, HeaderMap::new(), None);
    reply.body = bytes.to_vec();
    let url = Url::parse("https://h/").expect("a URL");
    let place = |way| Place { way, url: url.clone(), reply: Ok(reply.clone()) };
    let places = vec![place(Way::PathInserted), place(Way::Root)];
    let discovery = Discovery { anonymous: Err(NoReply::Endless), places, advertised: None, exchanges: Vec::new() };
    assert!(discovery.documents().len() <= 1);
    let (issuers, scopes) = (discovery.issuers(), discovery.scopes());
    assert_eq!(issuers.iter().collect::<BTreeSet<_>>().len(), issuers.len());
    assert!(scopes.is_sorted_by(|a, b| a < b) && !scopes.contains(&String::new()));
    let _ = discovery.resource();
}

/// Any text is a token that can be taken apart, or an opaque one.
pub fn token(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let token = Token::read(&text);
    assert_eq!(token.compact.as_str(), &*text);
    if token.is_jwt() {
        let (header, claims, signature) = token.segments();
        assert_eq!(format!("{header}.{claims}.{signature}"), &*text);
        let tampered = token.with_tampered_claims(|t| t.claim("x", 1));
        let tampered = Token::parse(&tampered).map(|t| (t.header, t.claims.get("x") == Some(&json!(1))));
        assert_eq!(tampered, Some((token.header.clone(), true)));
        assert_ne!(token.with_flipped_signature().as_deref(), Some(&*text));
        assert!(token.scopes().iter().all(|scope| !scope.is_empty() && !scope.contains(' ')));
    } else {
        assert_eq!(token.with_flipped_signature(), None);
    }
}

/// Any body is described in one plain line, and no status but 401 and 403 refuses.
pub fn message(bytes: &[u8], status: StatusCode) {
    let mut reply = reply("application/json", bytes);
    reply.status = status;
    let described = reply.describe();
    assert!(described.len() < 2000 && described.chars().all(is_visible), "{described}");
    assert!(reply.outcome() != Outcome::Served || reply.result().is_some());
    assert!(reply.expect_refused().is_err() || matches!(status.as_u16(), 401 | 403));
    let _ = (reply.error_code(), reply.challenges());
}

/// An event stream is answered alike however it is cut up: here in pieces of `size` bytes.
pub fn stream(bytes: &[u8], size: usize) {
    let mut events = EventEnds::default();
    let whole = reply("text/event-stream", bytes);
    let mut pieces = whole.body.chunks(size.max(1)).filter_map(|piece| events.after(piece));
    assert_eq!(pieces.any(|range| whole.is_answered_in(range)), whole.message().is_some());
}

fn reply(content_type: &'static str, body: &[u8]) -> Reply {
    let headers = HeaderMap::from_iter([(CONTENT_TYPE, HeaderValue::from_static(content_type))]);
    let mut reply = Reply::new(StatusCode::OK, headers, Some(json!(7)));
    reply.body = body.to_vec();
    reply
}

/// No key that can be published verifies what nobody signed.
pub fn key(bytes: &[u8]) {
    let jwk = serde_json::from_slice(bytes).unwrap_or_default();
    let Some(key) = PublicKey::read(&jwk) else { return };
    let _ = (key.pem(), key.der());
    for alg in ["RS256", "PS256", "ES256", "EdDSA"] {
        let header = Map::from_iter([("alg".to_owned(), Value::from(alg))]);
        let draft = Draft { header, claims: Map::new() };
        for signature in ["", "AA", &"A".repeat(86), &"A".repeat(342)] {
            let token = Token::parse(&draft.with_signature(signature)).expect("a token");
            assert!(!key.verifies(&token), "{alg} {jwk}");
        }
    }
}
