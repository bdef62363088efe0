//! Consent: when it is asked for, what the page says, and what is posted to it that gives none.

use std::collections::BTreeSet;

use mock_zone::Config;
use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::support::{
    AuthorizeRequest, Browser, CALLBACK, Form, RESOURCE, Shown, Zone, approval, choice, forms, query, text,
};

const OTHER_RESOURCE: &str = "http://localhost:8000/mcp";

/// A browser that is signed in, at the consent page of a client that registered itself.
async fn asked<'a>(zone: &'a Zone, request: &AuthorizeRequest) -> (Browser<'a>, Shown) {
    let mut browser = Browser::new(zone);
    let form = browser.form(request).await;
    let sent = browser.submit(&form, "alice@example.com", "password").await;
    assert!(sent.location().starts_with("/login/consent?"), "{sent:?}");
    let page = browser.follow(&sent).await;
    (browser, page)
}

/// Whether a signed-in browser is asked for its consent to `request`. If it is, it does not give it.
async fn is_asked(browser: &mut Browser<'_>, request: &AuthorizeRequest) -> bool {
    let sent = browser.authorize(request).await;
    assert_eq!(sent.status, StatusCode::FOUND, "{sent:?}");
    let is_asked = sent.location().starts_with("/login/consent?");
    assert!(is_asked || query(sent.location()).contains_key("code"), "{sent:?}");
    is_asked
}

async fn refused(zone: &Zone, sent: Shown, status: StatusCode, reason: &str) {
    assert_eq!((sent.status, sent.location), (status, None), "{}", sent.body);
    let event = zone.last_failure("users:authorize", reason).await;
    assert_eq!(event["actor"]["user"], Value::Null, "{event}");
    assert_eq!(event["scopes"]["granted"], json!([]));
}

async fn names(zone: &Zone) -> Vec<String> {
    zone.events().await.iter().map(|event| text(&event["event"])).collect()
}

#[tokio::test]
async fn the_page_names_client_destination_resource_and_scopes() {
    let zone = Zone::start().await;
    let client_id = zone.public_client().await;

    let (_, page) = asked(&zone, &AuthorizeRequest::new(&client_id)).await;

    for part in [
        "Test client",
        "registered itself",
        &client_id,
        "http://localhost:33418",
        RESOURCE,
        "mcp:tools",
        "reports:read",
        "alice@example.com",
        "<html lang=\"en\">",
        "<h1>",
        "mock",
    ] {
        assert!(page.body.contains(part), "{part} in {}", page.body);
    }
    let policy = page.headers["content-security-policy"].to_str().unwrap();
    assert!(policy.starts_with("default-src 'none'"), "{policy}");
    assert!(policy.ends_with("form-action 'self' http://localhost:33418"), "{policy}");
    assert!(policy.contains("frame-ancestors 'none'"), "{policy}");
    assert_eq!(page.headers["cache-control"], "no-store");
    let submits = page.body.matches("<button").count();
    let forms = forms(&page.body);
    assert_eq!((forms.len(), submits), (2, 2), "{}", page.body);
    // The suite and other scripts fill in the first form of a page.
    assert!(forms[0].hidden.contains(&("action".to_owned(), "approve".to_owned())), "{}", page.body);
}

#[tokio::test]
async fn approval_is_remembered_and_leaves_one_event() {
    let zone = Zone::start().await;
    let client_id = zone.public_client().await;
    let request = AuthorizeRequest::new(&client_id);
    let (mut browser, page) = asked(&zone, &request).await;

    let sent = browser.send(&approval(&page.body), &[]).await;

    assert_eq!(sent.status, StatusCode::SEE_OTHER, "{sent:?}");
    let code = &query(sent.location())["code"];
    assert_eq!(zone.redeem(&client_id, code).await.0, StatusCode::OK);
    let given = zone.events().await.remove(1);
    assert_eq!(given["event"], "delegated_grants:create");
    assert_eq!(given["outcome"], "success");
    assert_eq!(given["actor"]["user"]["email"], "alice@example.com");
    assert_eq!(given["actor"]["client"]["client_id"], client_id);
    assert_eq!(given["resource"], RESOURCE);
    assert_eq!(given["scopes"]["granted"], json!(["mcp:tools", "reports:read"]));
    assert!(!is_asked(&mut browser, &request).await);
    let again = browser.authorize(&request.clone().but("prompt", "consent")).await;
    assert!(again.location().starts_with("/login/consent?"), "{again:?}");
    browser.approve(again).await;
    let made = names(&zone).await.iter().filter(|name| *name == "delegated_grants:create").count();
    assert_eq!(made, 1, "the same consent again is no new one");
}

#[tokio::test]
async fn more_scopes_another_resource_client_or_destination_are_asked_for_again_and_less_is_not() {
    let zone = Zone::start().await;
    let client_id = zone.public_client().await;
    let request = AuthorizeRequest::new(&client_id);
    let (mut browser, page) = asked(&zone, &request).await;
    browser.send(&approval(&page.body), &[]).await;

    let other_client = AuthorizeRequest::new(&zone.public_client().await);
    let other_port = "http://localhost:50123/callback";
    for (request, expected, what) in [
        (request.clone(), false, "the same"),
        (request.clone().but("scope", "reports:read"), false, "fewer scopes"),
        (request.clone().without("scope"), false, "no scope"),
        (request.clone().but("redirect_uri", other_port), false, "another port of loopback"),
        (request.clone().but("scope", "mcp:tools reports:write"), true, "another scope"),
        (request.clone().but("resource", OTHER_RESOURCE), true, "another resource"),
        (request.clone().without("resource"), true, "no resource"),
        (other_client, true, "another client"),
    ] {
        assert_eq!(is_asked(&mut browser, &request).await, expected, "{what}");
    }
    let more = browser.authorize(&request.clone().but("scope", "reports:write")).await;
    browser.approve(more).await;
    assert!(!is_asked(&mut browser, &request.clone().but("scope", "mcp:tools reports:write")).await, "they add up");

    let (status, _) = zone.post("/_control/reset", json!({})).await;
    assert_eq!(status, StatusCode::NO_CONTENT);
}

#[tokio::test]
async fn consent_is_each_users_own() {
    let zone = Zone::start().await;
    let request = AuthorizeRequest::new(&zone.public_client().await);
    let (mut browser, page) = asked(&zone, &request).await;
    browser.send(&approval(&page.body), &[]).await;

    let mut other = Browser::new(&zone);
    let form = other.form(&request).await;
    let sent = other.submit(&form, "bob@example.com", "password").await;

    assert!(sent.location().starts_with("/login/consent?"), "{sent:?}");
}

#[tokio::test]
async fn a_client_with_two_destinations_is_asked_for_at_each() {
    let zone = Zone::start().await;
    let elsewhere = "https://app.example/callback";
    let (_, registration) = zone
        .post(
            "/oauth/2/registration",
            json!({"redirect_uris": [CALLBACK, elsewhere], "token_endpoint_auth_method": "none"}),
        )
        .await;
    let request = AuthorizeRequest::new(&text(&registration["client_id"]));
    let (mut browser, page) = asked(&zone, &request).await;
    browser.send(&approval(&page.body), &[]).await;
    let request = request.but("redirect_uri", elsewhere);

    let sent = browser.authorize(&request).await;
    let page = browser.follow(&sent).await;
    assert!(page.body.contains("https://app.example"), "{}", page.body);
    let sent = browser.send(&approval(&page.body), &[]).await;

    assert!(sent.location().starts_with(elsewhere), "{sent:?}");
    assert!(!is_asked(&mut browser, &request).await, "the user saw where it leads, so it is remembered");
}

#[tokio::test]
async fn denial_is_told_to_the_client_and_remembered_nowhere() {
    let zone = Zone::start().await;
    let client_id = zone.public_client().await;
    let request = AuthorizeRequest::new(&client_id);
    let (mut browser, page) = asked(&zone, &request).await;

    let sent = browser.send(&choice(&page.body, "deny"), &[]).await;

    assert_eq!(sent.status, StatusCode::SEE_OTHER);
    assert!(sent.location().starts_with(&format!("{CALLBACK}?")), "{sent:?}");
    let answer = query(sent.location());
    assert_eq!(answer["error"], "access_denied");
    assert_eq!(answer["state"], "the state");
    assert_eq!(answer["iss"], zone.url());
    assert!(!answer.contains_key("code"));
    let event = zone.last_failure("users:authorize", "access_denied").await;
    assert_eq!(event["actor"]["user"]["email"], "alice@example.com");
    assert_eq!(event["actor"]["client"]["client_id"], client_id);
    assert_eq!(event["resource"], RESOURCE);
    assert!(!names(&zone).await.contains(&"delegated_grants:create".to_owned()));
    assert!(is_asked(&mut browser, &request).await);
}

#[tokio::test]
async fn an_application_is_asked_for_only_where_it_is_configured_or_wants_it() {
    let zone = Zone::start().await;
    let (client_id, _) = zone.application(&[]).await;
    let request = AuthorizeRequest::new(&client_id);
    let mut browser = Browser::new(&zone);
    let form = browser.form(&request).await;
    let sent = browser.submit(&form, "alice@example.com", "password").await;
    assert!(query(sent.location()).contains_key("code"), "{sent:?}");
    assert!(is_asked(&mut browser, &request.but("prompt", "consent")).await);

    let (_, careful) = zone
        .post("/_control/clients", json!({"name": "Careful", "redirect_uris": [CALLBACK], "consent": "required"}))
        .await;
    let request = AuthorizeRequest::new(&text(&careful["client_id"]));
    let sent = browser.authorize(&request).await;
    let page = browser.follow(&sent).await;
    assert!(!page.body.contains("registered itself"), "{}", page.body);
    browser.send(&approval(&page.body), &[]).await;
    assert!(!is_asked(&mut browser, &request).await);
}

#[tokio::test]
async fn without_pages_there_is_an_error_that_says_which_one_is_needed() {
    let zone = Zone::start().await;
    let client_id = zone.public_client().await;
    let silent = AuthorizeRequest::new(&client_id).but("prompt", "none");
    let (mut browser, page) = asked(&zone, &AuthorizeRequest::new(&client_id)).await;

    let sent = browser.authorize(&silent).await;
    assert_eq!(query(sent.location())["error"], "consent_required");
    let event = zone.last_failure("users:authorize", "consent_required").await;
    assert_eq!(event["actor"]["user"]["email"], "alice@example.com");
    let sent = Browser::new(&zone).authorize(&silent).await;
    assert_eq!(query(sent.location())["error"], "login_required");

    browser.send(&approval(&page.body), &[]).await;
    let sent = browser.authorize(&silent).await;
    assert!(query(sent.location()).contains_key("code"), "{sent:?}");
}

#[tokio::test]
async fn a_page_that_sends_a_signed_in_browser_through_the_flow_gets_nothing_unseen() {
    let zone = Zone::start().await;
    let (mut browser, page) = asked(&zone, &AuthorizeRequest::new(&zone.public_client().await)).await;
    browser.send(&approval(&page.body), &[]).await;
    let hostile = zone.registered("Bank", "https://evil.example/cb").await;
    let request = AuthorizeRequest::new(&hostile).but("redirect_uri", "https://evil.example/cb");

    let page = browser.first_page(&request).await;
    assert!(page.body.contains("https://evil.example"), "{}", page.body);
    let forms: Vec<Form> = forms(&page.body);
    for form in &forms {
        for foreign in [("origin", "https://evil.example"), ("origin", "null"), ("sec-fetch-site", "cross-site")] {
            let sent = browser.send_with(form, &[], &[foreign]).await;
            refused(&zone, sent, StatusCode::FORBIDDEN, "FOREIGN_PAGE").await;
        }
    }
    assert!(is_asked(&mut browser, &request).await);
}

#[tokio::test]
async fn only_the_form_that_was_shown_is_taken_and_only_from_its_browser() {
    let zone = Zone::start().await;
    let request = AuthorizeRequest::new(&zone.public_client().await);
    let (mut browser, page) = asked(&zone, &request).await;
    let form = approval(&page.body);

    let mut other = Browser::new(&zone);
    refused(&zone, other.send(&form, &[]).await, StatusCode::FORBIDDEN, "OTHER_BROWSER").await;
    let (mut victim, _) = asked(&zone, &request).await;
    refused(&zone, victim.send(&form, &[]).await, StatusCode::FORBIDDEN, "OTHER_BROWSER").await;
    let mut guessed = form.clone();
    guessed.hidden[0].1 = "guessed".to_owned();
    refused(&zone, browser.send(&guessed, &[]).await, StatusCode::FORBIDDEN, "OTHER_FORM").await;
    for action in [vec![], vec![("action".to_owned(), "yes".to_owned())]] {
        let undecided = Form { hidden: [vec![form.hidden[0].clone()], action].concat(), ..form.clone() };
        refused(&zone, browser.send(&undecided, &[]).await, StatusCode::BAD_REQUEST, "NO_DECISION").await;
    }
    let both = [("action", "deny")];
    refused(&zone, browser.send(&form, &both).await, StatusCode::BAD_REQUEST, "NO_DECISION").await;

    let sent = browser.send(&form, &[]).await;
    assert!(query(sent.location()).contains_key("code"), "{sent:?}");
    let again = browser.send(&form, &[]).await;
    assert_eq!((again.status, again.location), (StatusCode::BAD_REQUEST, None));
    zone.last_failure("users:authenticate", "UNKNOWN_FLOW").await;
}

#[tokio::test]
async fn consent_to_one_request_is_none_to_another() {
    let zone = Zone::start().await;
    let harmless = AuthorizeRequest::new(&zone.public_client().await);
    let hostile = zone.registered("Other", "https://evil.example/cb").await;
    let hostile = AuthorizeRequest::new(&hostile).but("redirect_uri", "https://evil.example/cb");
    let (mut browser, page) = asked(&zone, &harmless).await;
    let harmless = approval(&page.body);
    let hostile_page = browser.first_page(&hostile).await;
    let hostile_form = approval(&hostile_page.body);

    let mixed = Form { hidden: harmless.hidden.clone(), ..hostile_form };
    refused(&zone, browser.send(&mixed, &[]).await, StatusCode::FORBIDDEN, "OTHER_FORM").await;

    let sent = browser.send(&harmless, &[]).await;
    assert!(sent.location().starts_with(&format!("{CALLBACK}?code=")), "{sent:?}");
    assert!(is_asked(&mut browser, &hostile).await);
}

#[tokio::test]
async fn a_form_of_one_page_is_no_form_of_another() {
    let zone = Zone::start().await;
    let request = AuthorizeRequest::new(&zone.public_client().await);
    let mut browser = Browser::new(&zone);
    let sign_in = browser.form(&request).await;
    let at = |path: &str| Form { action: sign_in.action.replace("/login/signin", path), ..sign_in.clone() };

    for path in ["/login/consent", "/login/verify-email", "/login/identifier"] {
        let typed = [("action", "approve"), ("code", "BBBBBBBB"), ("identifier", "alice@example.com")];
        let sent = browser.send(&at(path), &typed).await;
        assert_eq!((sent.status, sent.location), (StatusCode::BAD_REQUEST, None), "{path}");
        zone.last_failure("users:authenticate", "UNKNOWN_FLOW").await;
    }
}

#[tokio::test]
async fn two_submissions_at_once_give_one_code() {
    let zone = Zone::start().await;
    let request = AuthorizeRequest::new(&zone.public_client().await);
    let (browser, page) = asked(&zone, &request).await;
    let form = approval(&page.body);
    let (mut first, mut second) = (browser.clone(), browser);

    let (one, two) = tokio::join!(first.send(&form, &[]), second.send(&form, &[]));

    let codes = [one, two].iter().filter(|sent| sent.location.is_some()).count();
    assert_eq!(codes, 1);
    let authorized = names(&zone).await.iter().filter(|name| *name == "users:authorize").count();
    assert_eq!(authorized, 1);
}

#[tokio::test]
async fn whoever_signed_out_meanwhile_consents_to_nothing() {
    let zone = Zone::start().await;
    let request = AuthorizeRequest::new(&zone.public_client().await);
    let (mut browser, page) = asked(&zone, &request).await;
    let sign_out = browser.show(zone.http.get(zone.at("/logout"))).await;
    browser.send(&forms(&sign_out.body)[0], &[]).await;

    let sent = browser.send(&approval(&page.body), &[]).await;

    refused(&zone, sent, StatusCode::FORBIDDEN, "SIGNED_OUT").await;
}

#[tokio::test]
async fn automatic_sign_in_consents_too_but_not_for_a_web_page() {
    let zone = Zone::with(Config { auto_sign_in: Some("alice@example.com".to_owned()), ..Config::default() }).await;
    let client_id = zone.public_client().await;
    for prompt in ["", "consent"] {
        let request = AuthorizeRequest::new(&client_id).but("prompt", prompt);
        let sent = Browser::new(&zone).authorize(&request).await;
        assert!(query(sent.location()).contains_key("code"), "{sent:?}");
    }
    let told: BTreeSet<String> = names(&zone).await.into_iter().collect();
    assert!(told.contains("delegated_grants:create"), "{told:?}");

    // Consent that was given for nobody to see counts nowhere else.
    let (_, registration) = zone
        .post(
            "/oauth/2/registration",
            json!({"redirect_uris": [CALLBACK, "https://evil.example/cb"], "token_endpoint_auth_method": "none"}),
        )
        .await;
    let request = AuthorizeRequest::new(&text(&registration["client_id"]));
    let mut browser = Browser::new(&zone);
    browser.authorize(&request).await;
    assert!(is_asked(&mut browser, &request.but("redirect_uri", "https://evil.example/cb")).await);
}

#[tokio::test]
async fn what_a_client_calls_itself_does_no_harm_on_the_page() {
    let zone = Zone::start().await;
    let hostile = format!("<script>alert(1)</script>\u{202e}\u{200b}\"'&{}", "x".repeat(150));
    let client_id = zone.registered(&hostile, CALLBACK).await;
    let scopes = format!("<script>alert(2)</script> '>&quot {}", "y".repeat(1000));
    let resource = "urn:<script>alert(3)</script>";
    let (status, _) = zone
        .post("/_control/resources", json!({"identifier": resource, "name": format!("\u{2066}<b>{}", "z".repeat(500))}))
        .await;
    assert_eq!(status, StatusCode::CREATED);
    let request = AuthorizeRequest::new(&client_id).but("scope", &scopes).but("resource", resource);

    let mut browser = Browser::new(&zone);
    let sign_in = browser.first_page(&request).await;
    let form = crate::support::form(&sign_in.body);
    let sent = browser.submit(&form, "alice@example.com", "password").await;
    let consent = browser.follow(&sent).await;

    for page in [&sign_in.body, &consent.body] {
        for harmful in ["<script", "<b>", "\u{202e}", "\u{200b}", "\u{2066}"] {
            assert!(!page.contains(harmful), "{harmful:?} in {page}");
        }
        for long in ["x".repeat(100), "y".repeat(300), "z".repeat(300)] {
            assert!(!page.contains(&long), "{page}");
        }
    }
    assert!(consent.body.contains("&lt;script&gt;alert(1)"), "{}", consent.body);
    assert!(consent.body.contains("&lt;script&gt;alert(2)"), "{}", consent.body);
}
