//! Client assertions (RFC 7523): a client, or the platform it runs on, proves with a signature who it is.

use std::sync::Arc;
use std::time::Duration;

use mock_zone::{Clock as _, Config, Limits};
use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::site::{Key, Site, patched};
use crate::support::{CALLBACK, RESOURCE, StoppedClock, Zone, answer, decoded, text};

const JWT_BEARER: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// A zone whose clock stands still, so that what expires does so when told.
struct Setting {
    zone: Zone,
    clock: Arc<StoppedClock>,
    site: Site,
}

impl Setting {
    async fn new() -> Self {
        Self::with(Config::default()).await
    }

    async fn with(config: Config) -> Self {
        let clock = StoppedClock::new();
        Self { zone: Zone::with_clock_and(&clock, config).await, clock, site: Site::start().await }
    }

    fn now(&self) -> i64 {
        self.clock.now().as_second()
    }

    /// An application made with these members, by its client id.
    async fn application(&self, members: &Value) -> String {
        let members = patched(json!({"name": "Server", "resources": [RESOURCE]}), members);
        let (status, client) = self.zone.post("/_control/clients", members).await;
        assert_eq!(status, StatusCode::CREATED, "{client}");
        text(&client["client_id"])
    }

    /// The claims of a good assertion.
    fn claims(&self, client_id: &str, jti: &str) -> Value {
        json!({
            "iss": client_id, "sub": client_id, "aud": self.zone.at("/oauth/2/token"), "jti": jti,
            "iat": self.now(), "exp": self.now() + 300,
        })
    }

    async fn token(&self, assertion: &str) -> (StatusCode, Value) {
        self.token_with(assertion, &[]).await
    }

    async fn token_with(&self, assertion: &str, more: &[(&str, &str)]) -> (StatusCode, Value) {
        let form = [
            ("grant_type", "client_credentials"),
            ("resource", RESOURCE),
            ("client_assertion_type", JWT_BEARER),
            ("client_assertion", assertion),
        ];
        self.zone.token(&[&form, more].concat()).await
    }

    async fn is_taken(&self, assertion: &str) -> Value {
        let (status, answer) = self.token(assertion).await;
        assert_eq!(status, StatusCode::OK, "{answer}");
        decoded(&text(&answer["access_token"])).1
    }

    async fn is_refused(&self, assertion: &str, says: &str) {
        let (status, refusal) = self.token(assertion).await;
        assert_eq!((status, &refusal["error"]), (StatusCode::UNAUTHORIZED, &json!("invalid_client")), "{says}");
        assert!(text(&refusal["error_description"]).contains(says), "{says:?} in {refusal}");
        self.zone.last_failure("credentials:issue", "invalid_client").await;
    }

    /// The reason stands in the trail alone: any web page can ask, and would learn what runs on this machine.
    async fn has_no_keys(&self, assertion: &str, because: &str) {
        self.is_refused(assertion, "the keys to verify it with cannot be had; the zone's log says why").await;
        let event = self.zone.last_event().await;
        assert!(text(&event["message"]).contains(because), "{because:?} in {event}");
    }
}

#[tokio::test]
async fn an_application_proves_itself_with_its_key() {
    let setting = Setting::new().await;
    let key = Key::new("k");
    let client_id = setting.application(&json!({"jwks": key.jwks()})).await;
    let zone = &setting.zone;

    let audiences =
        [json!(zone.at("/oauth/2/token")), json!(zone.url()), json!([zone.url(), zone.at("/oauth/2/token")])];
    for (n, audience) in audiences.iter().enumerate() {
        let claims = patched(setting.claims(&client_id, &n.to_string()), &json!({"aud": audience}));
        let token = setting.is_taken(&key.sign(&claims)).await;
        assert_eq!((&token["client_id"], &token["sub_profile"]), (&json!(client_id), &json!("app")));
    }
    let header = json!({"alg": "ES256"});
    setting.is_taken(&key.sign_with_header(&header, &setting.claims(&client_id, "without kid"))).await;
    let assertion = key.sign(&setting.claims(&client_id, "with client_id"));
    assert_eq!(setting.token_with(&assertion, &[("client_id", &client_id)]).await.0, StatusCode::OK);

    let introspection = [("token", "x"), ("client_assertion_type", JWT_BEARER)];
    let assertion = key.sign(&setting.claims(&client_id, "introspection"));
    let form = [&introspection[..], &[("client_assertion", assertion.as_str())]].concat();
    let (status, body) = answer(zone.http.post(zone.at("/oauth/2/introspection")).form(&form)).await;
    assert_eq!((status, body), (StatusCode::OK, json!({"active": false})));
}

#[tokio::test]
async fn an_assertion_that_breaks_a_rule_is_refused_and_says_which() {
    let setting = Setting::new().await;
    let (key, other) = (Key::new("k"), Key::new("k"));
    let client_id = setting.application(&json!({"jwks": key.jwks()})).await;
    let without_keys = setting.application(&json!({})).await;
    let now = setting.now();
    let right = || setting.claims(&client_id, "the jti");
    let header = |patch: Value| {
        key.sign_with_header(&patched(json!({"alg": "ES256", "typ": "JWT", "kid": "k"}), &patch), &right())
    };

    for (patch, says) in [
        (json!({"iss": null}), "iss and sub must both"),
        (json!({"sub": null}), "iss and sub must both"),
        (json!({"sub": "somebody"}), "iss and sub must both"),
        (json!({"iss": "nobody", "sub": "nobody"}), "no client is registered"),
        (json!({"iss": without_keys, "sub": without_keys}), "no keys to verify it with"),
        (json!({"aud": null}), "its aud must be"),
        (json!({"aud": client_id}), "its aud must be"),
        (json!({"aud": "https://other.example/token"}), "its aud must be"),
        (json!({"aud": []}), "its aud must be"),
        (json!({"aud": [setting.zone.url(), "https://other.example"]}), "its aud must be"),
        (json!({"aud": format!("{}/", setting.zone.url())}), "its aud must be"),
        (json!({"exp": null}), "expired"),
        (json!({"exp": "soon"}), "expired"),
        (json!({"exp": now}), "expired"),
        (json!({"exp": now + 3700}), "at most 3600 seconds ahead"),
        (json!({"nbf": now + 60}), "nbf or iat is in the future"),
        (json!({"iat": now + 60}), "nbf or iat is in the future"),
        (json!({"iat": "now"}), "nbf or iat is in the future"),
        (json!({"jti": null}), "needs a jti"),
        (json!({"jti": ""}), "needs a jti"),
        (json!({"jti": 1}), "needs a jti"),
        (json!({"jti": "x".repeat(256)}), "needs a jti"),
    ] {
        setting.is_refused(&key.sign(&patched(right(), &patch)), says).await;
    }
    let tampered = header(json!({})).replacen("eyJ", "eyK", 1);
    let unsigned = header(json!({})).rsplit_once('.').unwrap().0.to_owned() + ".";
    for (assertion, says) in [
        (header(json!({"alg": "none"})), "its alg must be one of"),
        (header(json!({"alg": "HS256"})), "its alg must be one of"),
        (header(json!({"alg": "RS256"})), "its kid names no key"),
        (header(json!({"kid": "another"})), "its kid names no key"),
        (header(json!({"kid": 1})), "its typ must be"),
        (header(json!({"typ": "at+jwt"})), "its typ must be"),
        (header(json!({"crit": ["exp"]})), "its typ must be"),
        (other.sign(&right()), "its signature is wrong"),
        (tampered, "must be a JWS"),
        (unsigned, "its signature is wrong"),
        ("no.jws".to_owned(), "must be a JWS"),
        (format!("{}.x", "x".repeat(20_000)), "must be a JWS"),
    ] {
        setting.is_refused(&assertion, says).await;
    }

    // None of these used up the jti.
    setting.is_taken(&key.sign(&right())).await;
}

#[tokio::test]
async fn how_an_assertion_is_sent_has_rules_too() {
    let setting = Setting::new().await;
    let key = Key::new("k");
    let client_id = setting.application(&json!({"jwks": key.jwks()})).await;
    let assertion = key.sign(&setting.claims(&client_id, "1"));
    let assertion = ("client_assertion", assertion.as_str());
    let (grant, bearer) = (("grant_type", "client_credentials"), ("client_assertion_type", JWT_BEARER));

    for (form, status, error, says) in [
        (vec![grant, assertion], 401, "invalid_client", "client_assertion_type must be"),
        (
            vec![grant, assertion, ("client_assertion_type", "jwt")],
            401,
            "invalid_client",
            "client_assertion_type must be",
        ),
        (vec![grant, bearer], 401, "invalid_client", "belongs to a client_assertion"),
        (vec![grant, bearer, assertion, assertion], 400, "invalid_request", "more than once"),
        (vec![grant, bearer, assertion, ("client_secret", "x")], 400, "invalid_request", "in two ways"),
        (vec![grant, bearer, assertion, ("client_id", "another")], 400, "invalid_request", "differs"),
    ] {
        let (got, refusal) = setting.zone.token(&form).await;
        assert_eq!((got.as_u16(), &refusal["error"]), (status, &json!(error)), "{refusal}");
        assert!(text(&refusal["error_description"]).contains(says), "{says:?} in {refusal}");
    }
    setting.zone.assert_feed_hides(&[assertion.1]).await;
}

#[tokio::test]
async fn an_assertion_is_taken_once_however_many_come_at_the_same_time() {
    let setting = Arc::new(Setting::new().await);
    let key = Key::new("k");
    let client_id = setting.application(&json!({"jwks": key.jwks()})).await;
    let assertion = key.sign(&setting.claims(&client_id, "the jti"));

    let tries: Vec<_> = (0..16)
        .map(|_| {
            let (setting, assertion) = (Arc::clone(&setting), assertion.clone());
            tokio::spawn(async move { setting.token(&assertion).await.0 })
        })
        .collect();
    let mut taken = 0;
    for attempt in tries {
        taken += usize::from(attempt.await.unwrap() == StatusCode::OK);
    }

    assert_eq!(taken, 1);
    setting.is_refused(&assertion, "it was used before").await;
    // The same jti of another client is another assertion.
    let other = setting.application(&json!({"jwks": key.jwks()})).await;
    setting.is_taken(&key.sign(&setting.claims(&other, "the jti"))).await;
    setting.clock.forward(Duration::from_secs(299));
    setting.is_refused(&assertion, "it was used before").await;
    setting.clock.forward(Duration::from_secs(1));
    setting.is_refused(&assertion, "expired").await;
}

#[tokio::test]
async fn a_zone_that_cannot_remember_another_assertion_refuses_it() {
    let config = Config { limits: Limits { assertions: 2, ..Limits::default() }, ..Config::default() };
    let setting = Setting::with(config).await;
    let key = Key::new("k");
    let client_id = setting.application(&json!({"jwks": key.jwks()})).await;
    let assertion = |jti| key.sign(&setting.claims(&client_id, jti));

    setting.is_taken(&assertion("1")).await;
    setting.is_taken(&assertion("2")).await;
    setting.is_refused(&assertion("3"), "remembers as many").await;
    setting.is_refused(&assertion("1"), "it was used before").await;
    setting.clock.forward(Duration::from_secs(300));
    setting.is_taken(&assertion("3")).await;
}

#[tokio::test]
async fn keys_at_a_url_are_kept_and_a_new_one_is_found_at_once() {
    let setting = Setting::new().await;
    let (old, new, unknown) = (Key::new("old"), Key::new("new"), Key::new("unknown"));
    // As the web identity of keycardai-fastmcp: the client id is the name of its key.
    let jwks_uri = setting.site.at("/jwks.json");
    let client_id = setting.application(&json!({"client_id": "Delegated_Server", "jwks_uri": jwks_uri})).await;
    assert_eq!(client_id, "Delegated_Server");
    let claims = |jti| setting.claims(&client_id, jti);

    setting.has_no_keys(&old.sign(&claims("1")), "jwks_uri: it answers with status 404").await;
    setting.site.serve("/jwks.json", &old.jwks());
    setting.is_taken(&old.sign(&claims("1"))).await;
    setting.is_taken(&old.sign(&claims("2"))).await;
    assert_eq!(setting.site.asked("/jwks.json"), 2);

    setting.site.serve("/jwks.json", &json!({"keys": [old.public(), new.public(), {"kty": "XYZ"}]}));
    setting.is_taken(&new.sign(&claims("3"))).await;
    setting.is_refused(&unknown.sign(&claims("4")), "its kid names no key").await;
    // A key that was taken out is gone once the set is not fresh any more.
    setting.site.serve("/jwks.json", &new.jwks());
    setting.is_taken(&old.sign(&claims("5"))).await;
    setting.clock.forward(Duration::from_secs(301));
    setting.is_refused(&old.sign(&claims("6")), "its kid names no key").await;
    setting.is_taken(&new.sign(&claims("7"))).await;
    setting.site.serve("/jwks.json", &json!({"keys": [new.private()]}));
    setting.clock.forward(Duration::from_secs(301));
    setting.has_no_keys(&new.sign(&claims("8")), "private or symmetric").await;
}

#[tokio::test]
async fn a_client_id_that_is_a_url_leads_to_the_keys() {
    let setting = Setting::new().await;
    let key = Key::new("k");
    // As the web identity of keycardai-mcp: the URL of its protected resource metadata.
    let path = "/.well-known/oauth-protected-resource/mcp";
    let url = setting.site.at(path);
    let metadata = json!({"resource": RESOURCE, "jwks_uri": setting.site.at("/jwks.json")});
    setting.site.serve("/jwks.json", &key.jwks());
    let client_id = setting.application(&json!({"client_id": url})).await;
    assert_eq!(client_id, url);

    setting.has_no_keys(&key.sign(&setting.claims(&url, "1")), "the document at the client_id: it answers with").await;
    setting.site.serve(path, &json!({"resource": RESOURCE}));
    setting.has_no_keys(&key.sign(&setting.claims(&url, "1")), "jwks or jwks_uri is required").await;
    setting.site.serve(path, &patched(metadata.clone(), &json!({"client_id": "https://other.example"})));
    setting.has_no_keys(&key.sign(&setting.claims(&url, "1")), "for another client_id").await;
    setting.site.serve(path, &metadata);
    let token = setting.is_taken(&key.sign(&setting.claims(&url, "1"))).await;
    assert_eq!(token["client_id"], url);
}

#[tokio::test]
async fn an_audience_that_names_the_client_is_taken_by_the_switch_alone() {
    for permitted in [false, true] {
        let config = Config { assertion_audience_client_id: permitted, ..Config::default() };
        let setting = Setting::with(config).await;
        let key = Key::new("k");
        let client_id = setting.application(&json!({"jwks": key.jwks()})).await;
        let claims = patched(setting.claims(&client_id, "1"), &json!({"aud": client_id}));

        assert_eq!(setting.token(&key.sign(&claims)).await.0.is_success(), permitted);
    }
}

#[tokio::test]
async fn a_client_registers_its_keys() {
    let setting = Setting::new().await;
    let key = Key::new("k");
    let metadata = json!({
        "redirect_uris": [CALLBACK], "token_endpoint_auth_method": "private_key_jwt",
        "grant_types": ["authorization_code", "client_credentials"],
    });
    let registered =
        async |patch: Value| setting.zone.post("/oauth/2/registration", patched(metadata.clone(), &patch)).await;
    setting.site.serve("/jwks.json", &key.jwks());

    for given in [json!({"jwks": key.jwks()}), json!({"jwks_uri": setting.site.at("/jwks.json")})] {
        let (status, registration) = registered(given.clone()).await;
        assert_eq!(status, StatusCode::CREATED, "{registration}");
        assert_eq!(registration["token_endpoint_auth_method"], "private_key_jwt");
        assert_eq!(registration["client_secret"], Value::Null);
        for (name, value) in given.as_object().unwrap() {
            assert_eq!(&registration[name], value);
        }
        let client_id = text(&registration["client_id"]);
        // It is who it says; what it may have is another matter.
        let (_, refusal) = setting.token(&key.sign(&setting.claims(&client_id, "1"))).await;
        assert_eq!(refusal["error"], "access_denied", "{refusal}");
        let (_, refusal) = setting.zone.redeem(&client_id, "code").await;
        assert!(text(&refusal["error_description"]).contains("must send a client_assertion"), "{refusal}");
    }
    let symmetric = json!({"keys": [{"kty": "oct", "k": "AAAA"}]});
    for (patch, says) in [
        (json!({}), "jwks or jwks_uri is required"),
        (json!({"jwks": key.jwks(), "jwks_uri": setting.site.at("/jwks.json")}), "exclude each other"),
        (json!({"jwks": {"keys": [key.private()]}}), "private or symmetric"),
        (json!({"jwks": symmetric}), "private or symmetric"),
        (json!({"jwks": {"keys": []}}), "no public key for one of"),
        (json!({"jwks": {"keys": [{"kty": "XYZ"}]}}), "no public key for one of"),
        (json!({"jwks": []}), "must be an object"),
        (json!({"jwks": {"keys": vec![key.public(); 33]}}), "at most 32"),
        (json!({"jwks_uri": 1}), "jwks_uri: it is no absolute URL"),
        (json!({"jwks_uri": "http://keys.example/jwks"}), "jwks_uri: it must be https"),
        (json!({"jwks_uri": "https://169.254.169.254/jwks"}), "jwks_uri: its address is private or special"),
    ] {
        let (status, refusal) = registered(patch).await;
        assert_eq!((status, &refusal["error"]), (StatusCode::BAD_REQUEST, &json!("invalid_client_metadata")), "{says}");
        assert!(text(&refusal["error_description"]).contains(says), "{says:?} in {refusal}");
    }
}

#[tokio::test]
async fn a_platforms_token_proves_which_application_asks() {
    let setting = Setting::new().await;
    let (platform, other) = (Key::new("p"), Key::new("p"));
    let issuer = "https://oidc.platform.example";
    let subject = "system:serviceaccount:default:server";
    let identity = json!({"issuer": issuer, "subject": subject, "jwks": platform.jwks()});
    let client_id = setting.application(&json!({"workload_identity": identity})).await;
    let at_another = json!({
        "issuer": "https://ci.example", "audience": "sts.example", "jwks_uri": setting.site.at("/jwks.json"),
    });
    let any_job = setting.application(&json!({"workload_identity": at_another})).await;
    setting.site.serve("/jwks.json", &other.jwks());

    // It lives for a day, has no jti, and is sent again and again.
    let claims = json!({"iss": issuer, "sub": subject, "aud": [setting.zone.url()], "exp": setting.now() + 86_400});
    for _ in 0..2 {
        let token = setting.is_taken(&platform.sign(&claims)).await;
        assert_eq!(token["client_id"], client_id);
    }
    for sub in ["job 1", "job 2"] {
        let claims = json!({"iss": "https://ci.example", "sub": sub, "aud": "sts.example", "exp": setting.now() + 9});
        assert_eq!(setting.is_taken(&other.sign(&claims)).await["client_id"], any_job);
        let claims = patched(claims, &json!({"aud": setting.zone.url()}));
        setting.is_refused(&other.sign(&claims), "its aud must be sts.example").await;
    }
    for (patch, says) in [
        (json!({"sub": "system:serviceaccount:default:other"}), "no application has a workload identity with its sub"),
        (json!({"iss": "https://unknown.example"}), "iss and sub must both"),
        (json!({"iss": client_id, "sub": client_id}), "no keys to verify it with"),
        (json!({"aud": "sts.amazonaws.com"}), "its aud must be"),
        (json!({"exp": setting.now()}), "expired"),
    ] {
        setting.is_refused(&platform.sign(&patched(claims.clone(), &patch)), says).await;
    }
    setting.is_refused(&other.sign(&claims), "its signature is wrong").await;

    let taken = json!({"name": "Twin", "workload_identity": identity});
    let (status, refusal) = setting.zone.post("/_control/clients", taken).await;
    assert_eq!(status, StatusCode::BAD_REQUEST, "{refusal}");
    assert!(text(&refusal["message"]).contains("another application has this issuer and subject"));
}

#[tokio::test]
async fn an_application_whose_keys_cannot_be_used_is_not_made() {
    let setting = Setting::new().await;
    let key = Key::new("k");
    for (members, says) in [
        (json!({"jwks": key.jwks(), "jwks_uri": "https://a.example/"}), "give one of"),
        (json!({"jwks": {"keys": [key.private()]}}), "private or symmetric"),
        (json!({"jwks_uri": "http://169.254.169.254/"}), "private or special"),
        (json!({"client_id": "http://a.example/client"}), "must be https"),
        (json!({"workload_identity": {"issuer": "i"}}), "needs `jwks` or `jwks_uri`"),
        (json!({"workload_identity": {"jwks": key.jwks()}}), "`issuer` is required"),
        (json!({"workload_identity": {"issuers": "i"}}), "did you mean `issuer`"),
        (json!({"workload_identity": {"issuer": "i", "jwks_uri": "ftp://a/"}}), "must be https"),
        (json!({"impersonation": "yes"}), "true or false"),
    ] {
        let (status, refusal) = setting.zone.post("/_control/clients", patched(json!({"name": "A"}), &members)).await;
        assert_eq!(status, StatusCode::BAD_REQUEST, "{refusal}");
        assert!(text(&refusal["message"]).contains(says), "{says:?} in {refusal}");
    }
}

#[tokio::test]
async fn the_metadata_names_the_ways_to_prove_who_one_is() {
    let zone = Zone::start().await;
    let metadata = zone.json("/.well-known/oauth-authorization-server").await;

    let methods = json!(["none", "client_secret_basic", "client_secret_post", "private_key_jwt"]);
    assert_eq!(metadata["token_endpoint_auth_methods_supported"], methods);
    let algorithms = json!(["RS256", "PS256", "ES256", "EdDSA"]);
    assert_eq!(metadata["token_endpoint_auth_signing_alg_values_supported"], algorithms);
}
