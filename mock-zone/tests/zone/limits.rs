//! What no sequence of token requests may reach: a token beyond its grant, or a second use of a code or refresh token.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::Duration;

use proptest::prelude::*;
use proptest::sample::{Index, subsequence};
use proptest::test_runner::FileFailurePersistence;
use reqwest::StatusCode;
use serde_json::Value;
use tokio::runtime::Runtime;

use crate::support::{
    AuthorizeRequest, Browser, CALLBACK, StoppedClock, VERIFIER, Zone, decoded, query, redemption, text,
};

const USERS: [&str; 2] = ["alice@example.com", "bob@example.com"];
const RESOURCES: [&str; 3] = ["http://localhost:8000/mcp", "http://localhost:8080/mcp", "http://localhost:7000/mcp"];
const SCOPES: [&str; 5] = ["openid", "email", "read", "write", "admin"];
/// What the zone's documentation says, and its configuration has by default.
const ACCESS_TOKEN: u64 = 60 * 60;
const CODE: u64 = 60;
const REFRESH_TOKEN: u64 = 30 * 24 * 60 * 60;

/// One step of somebody who tries.
#[derive(Debug, Clone)]
enum Step {
    SignIn {
        user: usize,
        client: usize,
        resources: Vec<&'static str>,
        scopes: Vec<&'static str>,
    },
    Redeem {
        code: Index,
        client: Option<usize>,
        is_proven: bool,
        resources: Vec<&'static str>,
        copies: usize,
    },
    Refresh {
        token: Index,
        client: Option<usize>,
        resources: Vec<&'static str>,
        scopes: Vec<&'static str>,
        copies: usize,
    },
    Wait {
        seconds: u64,
    },
}

fn step() -> impl Strategy<Value = Step> {
    let scopes = || subsequence(SCOPES.to_vec(), 0..=SCOPES.len());
    let resources = |least: usize| subsequence(RESOURCES.to_vec(), least..=RESOURCES.len()).prop_shuffle();
    // Mostly the client whose it is: what another sends is refused at once.
    let client = || prop_oneof![6 => Just(None), 1 => (0..2_usize).prop_map(Some)];
    let copies = || prop_oneof![4 => Just(1_usize), 1 => 2..5_usize];
    prop_oneof![
        3 => (0..2_usize, 0..2_usize, resources(1), scopes())
            .prop_map(|(user, client, resources, scopes)| Step::SignIn { user, client, resources, scopes }),
        4 => (any::<Index>(), client(), prop::bool::weighted(0.9), resources(0), copies()).prop_map(
            |(code, client, is_proven, resources, copies)| Step::Redeem { code, client, is_proven, resources, copies }
        ),
        5 => (any::<Index>(), client(), resources(0), scopes(), copies()).prop_map(
            |(token, client, resources, scopes, copies)| Step::Refresh { token, client, resources, scopes, copies }
        ),
        2 => prop_oneof![1..CODE * 2, ACCESS_TOKEN - 1..ACCESS_TOKEN * 2, REFRESH_TOKEN - 1..REFRESH_TOKEN + 2]
            .prop_map(|seconds| Step::Wait { seconds }),
    ]
}

/// What a user granted.
#[derive(Debug)]
struct Granted {
    subject: String,
    client: usize,
    resources: Vec<&'static str>,
    scopes: Vec<&'static str>,
    nonce: String,
    signed_in_at: u64,
    /// A code or refresh token of it came twice: nothing may come of it from then on.
    has_ended: AtomicBool,
}

impl Granted {
    /// Notes what became of so many requests with one of its credentials, which had been used so often before.
    fn note(&self, used_before: usize, requests: usize, succeeded: usize) {
        assert!(succeeded == 0 || !self.has_ended.load(Relaxed), "{self:?} had ended");
        if used_before > 0 || (requests > 1 && succeeded > 0) {
            self.has_ended.store(true, Relaxed);
        }
    }
}

/// A code or a refresh token.
#[derive(Debug, Clone)]
struct Credential {
    text: String,
    grant: Arc<Granted>,
    ends_at: u64,
    uses: usize,
}

struct Attempt {
    zone: Zone,
    clock: Arc<StoppedClock>,
    now: u64,
    clients: Vec<String>,
    subjects: Vec<String>,
    codes: Vec<Credential>,
    refresh_tokens: Vec<Credential>,
    signed_in: usize,
}

impl Attempt {
    async fn begin() -> Self {
        let clock = StoppedClock::new();
        let zone = Zone::with_clock(&clock).await;
        let (status, _) = zone.post("/_control/resources", serde_json::json!({"identifier": RESOURCES[2]})).await;
        assert!(status.is_success());
        let clients = vec![zone.public_client().await, zone.public_client().await];
        let users = zone.json("/_control").await["users"].clone();
        let subject = |email: &&str| {
            let user = users.as_array().unwrap().iter().find(|user| user["email"] == *email).unwrap();
            text(&user["identifier"])
        };
        let subjects = USERS.iter().map(subject).collect();
        let (codes, refresh_tokens) = (Vec::new(), Vec::new());
        Self { zone, clock, now: 1_800_000_000, clients, subjects, codes, refresh_tokens, signed_in: 0 }
    }

    async fn take(&mut self, step: &Step) {
        match step {
            Step::SignIn { user, client, resources, scopes } => self.sign_in(*user, *client, resources, scopes).await,
            Step::Redeem { code, client, is_proven, resources, copies } if !self.codes.is_empty() => {
                let index = code.index(self.codes.len());
                let code = self.codes[index].clone();
                let client = client.unwrap_or(code.grant.client);
                let mut form = redemption(&self.clients[client], &code.text);
                if !is_proven {
                    form.retain(|(name, _)| *name != "code_verifier");
                    form.push(("code_verifier", "not-the-verifier-not-the-verifier-not-the-verifier"));
                }
                form.extend(resources.iter().map(|resource| ("resource", *resource)));
                let answers = self.at_once(&form, *copies).await;
                assert!(answers.is_empty() || (*is_proven && client == code.grant.client), "{step:?}");
                if client == code.grant.client {
                    code.grant.note(code.uses, *copies, answers.len());
                }
                self.codes[index].uses += answers.len();
                self.examine(&self.codes[index], &code.grant.scopes, resources, &answers, Some(&code.grant.nonce));
                self.keep(&code.grant, &answers);
            }
            Step::Refresh { token, client, resources, scopes, copies } if !self.refresh_tokens.is_empty() => {
                let index = token.index(self.refresh_tokens.len());
                let token = self.refresh_tokens[index].clone();
                let client = client.unwrap_or(token.grant.client);
                let scope = scopes.join(" ");
                let mut form = vec![
                    ("grant_type", "refresh_token"),
                    ("client_id", &self.clients[client]),
                    ("refresh_token", &token.text),
                    ("scope", &scope),
                ];
                form.extend(resources.iter().map(|resource| ("resource", *resource)));
                let answers = self.at_once(&form, *copies).await;
                assert!(answers.is_empty() || client == token.grant.client, "{step:?}");
                if client == token.grant.client {
                    token.grant.note(token.uses, *copies, answers.len());
                }
                self.refresh_tokens[index].uses += answers.len();
                let asked = if scopes.is_empty() { &token.grant.scopes } else { scopes };
                self.examine(&self.refresh_tokens[index], asked, resources, &answers, None);
                self.keep(&token.grant, &answers);
            }
            Step::Redeem { .. } | Step::Refresh { .. } => {}
            Step::Wait { seconds } => {
                self.clock.forward(Duration::from_secs(*seconds));
                self.now += seconds;
            }
        }
    }

    async fn sign_in(&mut self, user: usize, client: usize, resources: &[&'static str], scopes: &[&'static str]) {
        self.signed_in += 1;
        let nonce = format!("nonce {}", self.signed_in);
        let mut request = AuthorizeRequest::new(&self.clients[client])
            .without("resource")
            .but("scope", &scopes.join(" "))
            .but("nonce", &nonce);
        for resource in resources {
            request = request.and("resource", resource);
        }
        let mut browser = Browser::new(&self.zone);
        let form = browser.form(&request).await;
        let sent = browser.submit(&form, USERS[user], "password").await;
        let sent = browser.approve(sent).await;
        let code = query(sent.location())["code"].clone();
        let grant = Granted {
            subject: self.subjects[user].clone(),
            client,
            resources: resources.to_vec(),
            scopes: scopes.to_vec(),
            nonce,
            signed_in_at: self.now,
            has_ended: AtomicBool::new(false),
        };
        self.codes.push(Credential { text: code, grant: Arc::new(grant), ends_at: self.now + CODE, uses: 0 });
    }

    /// The answers of those that succeeded, of so many equal requests at the same moment.
    async fn at_once(&self, form: &[(&str, &str)], copies: usize) -> Vec<Value> {
        let request = self.zone.http.post(self.zone.at("/oauth/2/token")).form(form);
        let sent: Vec<_> = (0..copies).map(|_| tokio::spawn(request.try_clone().unwrap().send())).collect();
        let mut succeeded = Vec::new();
        for sent in sent {
            let response = sent.await.unwrap().unwrap();
            let status = response.status();
            let body: Value = response.json().await.unwrap();
            match status {
                StatusCode::OK => succeeded.push(body),
                StatusCode::BAD_REQUEST => assert_eq!(body.get("access_token"), None),
                other => panic!("{other} {body}"),
            }
        }
        succeeded
    }

    /// Each answer must keep within what was granted, and within what was asked for now.
    fn examine(
        &self,
        used: &Credential,
        scopes: &[&'static str],
        resources: &[&'static str],
        answers: &[Value],
        nonce: Option<&str>,
    ) {
        let grant = &used.grant;
        assert!(used.uses <= 1, "{used:?} worked more than once");
        assert!(answers.is_empty() || self.now < used.ends_at, "{used:?} worked after its end");
        for answer in answers {
            let (_, claims) = decoded(&text(&answer["access_token"]));
            assert_eq!(claims["sub"], grant.subject);
            assert_eq!(claims["client_id"], self.clients[grant.client]);
            let target = claims["target"].as_array().cloned().unwrap_or_default();
            let audience: Vec<&str> =
                [&claims["aud"]].into_iter().chain(&target).map(|resource| resource.as_str().unwrap()).collect();
            let expected = if resources.is_empty() { &grant.resources[..] } else { resources };
            assert_eq!(audience, expected);
            assert!(audience.iter().all(|resource| grant.resources.contains(resource)), "{audience:?} of {grant:?}");
            let scope = claims["scope"].as_str().unwrap_or("");
            assert_eq!(answer["scope"].as_str().unwrap_or(""), scope);
            for scope in scope.split(' ').filter(|scope| !scope.is_empty()) {
                assert!(scopes.contains(&scope) && grant.scopes.contains(&scope), "{scope} of {grant:?}");
            }
            let seconds = |name: &str| claims[name].as_u64().unwrap();
            assert_eq!((seconds("iat"), seconds("exp")), (self.now, self.now + ACCESS_TOKEN));

            let is_openid = scope.split(' ').any(|scope| scope == "openid");
            assert_eq!(answer["id_token"].is_string(), is_openid);
            if is_openid {
                let (_, claims) = decoded(&text(&answer["id_token"]));
                assert_eq!(
                    (&claims["sub"], &claims["aud"]),
                    (&grant.subject.clone().into(), &self.clients[grant.client].clone().into())
                );
                assert_eq!(claims["nonce"].as_str(), nonce);
                assert_eq!(claims["auth_time"], grant.signed_in_at);
                assert_eq!(claims["email"].is_string(), scope.split(' ').any(|scope| scope == "email"));
            }
        }
    }

    fn keep(&mut self, grant: &Arc<Granted>, answers: &[Value]) {
        for answer in answers {
            let ends_at = self.now + REFRESH_TOKEN;
            if let Some(token) = answer["refresh_token"].as_str() {
                let known = self.refresh_tokens.iter().any(|known| known.text == token);
                assert!(!known, "a refresh token came twice");
                let grant = Arc::clone(grant);
                self.refresh_tokens.push(Credential { text: token.to_owned(), grant, ends_at, uses: 0 });
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 32,
        failure_persistence: Some(Box::new(FileFailurePersistence::Off)),
        ..ProptestConfig::default()
    })]

    #[test]
    fn no_sequence_of_requests_gives_more_than_was_granted(steps in prop::collection::vec(step(), 1..24)) {
        Runtime::new().unwrap().block_on(async {
            let mut attempt = Attempt::begin().await;
            for step in &steps {
                attempt.take(step).await;
            }
        });
    }
}

/// The answers to so many copies of one request, sent at the same moment: how many of each status.
async fn race(zone: &Zone, form: &[(&str, &str)]) -> (HashMap<StatusCode, usize>, Option<Value>) {
    let request = zone.http.post(zone.at("/oauth/2/token")).form(form);
    let sent: Vec<_> = (0..24).map(|_| tokio::spawn(request.try_clone().unwrap().send())).collect();
    let (mut count, mut tokens) = (HashMap::new(), None);
    for sent in sent {
        let response = sent.await.unwrap().unwrap();
        *count.entry(response.status()).or_default() += 1;
        if response.status() == StatusCode::OK {
            tokens = Some(response.json().await.unwrap());
        }
    }
    (count, tokens)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_many_who_use_a_code_or_a_refresh_token_at_once_one_succeeds() {
    let zone = Zone::start().await;
    let client_id = zone.public_client().await;
    let expected = HashMap::from([(StatusCode::OK, 1), (StatusCode::BAD_REQUEST, 23)]);
    for _ in 0..5 {
        let code = zone.code(&client_id).await;
        let form = [
            ("grant_type", "authorization_code"),
            ("client_id", client_id.as_str()),
            ("code", code.as_str()),
            ("redirect_uri", CALLBACK),
            ("code_verifier", VERIFIER),
        ];
        let (count, tokens) = race(&zone, &form).await;
        assert_eq!(count, expected);
        // The second use ended the grant, whichever came first at the lock.
        if let Some(token) = tokens.unwrap()["refresh_token"].as_str() {
            assert_eq!(zone.refresh(&client_id, token).await.0, StatusCode::BAD_REQUEST);
        }

        let code = zone.code(&client_id).await;
        let (_, tokens) = zone.redeem(&client_id, &code).await;
        let token = text(&tokens["refresh_token"]);
        let form =
            [("grant_type", "refresh_token"), ("client_id", client_id.as_str()), ("refresh_token", token.as_str())];
        let (count, tokens) = race(&zone, &form).await;
        assert_eq!(count, expected);
        let newest = text(&tokens.unwrap()["refresh_token"]);
        assert_eq!(zone.refresh(&client_id, &newest).await.0, StatusCode::BAD_REQUEST);
    }
}
