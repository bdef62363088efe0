//! Signing up: who may, what proves the address, and what happens to who has not proven it.

use std::time::Duration;

use mock_zone::{Config, LoginFlow};
use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::support::{AuthorizeRequest, Browser, Form, Shown, StoppedClock, Zone, forms, query, text};

const ADA: &str = "ada@example.com";
const PASSWORD: &str = "correct horse";
const MINUTE: Duration = Duration::from_secs(60);

/// A browser at the sign-up page.
async fn at_sign_up(zone: &Zone) -> (Browser<'_>, Form) {
    let client_id = zone.public_client().await;
    let mut browser = Browser::new(zone);
    let page = browser.first_page(&AuthorizeRequest::new(&client_id)).await;
    let (_, link) = page.body.split_once("href=\"/login/signup?").unwrap();
    let page = browser.page(&format!("/login/signup?{}", link.split('"').next().unwrap())).await;
    assert_eq!(page.status, StatusCode::OK, "{page:?}");
    assert!(page.body.contains("At least 8 characters"), "{}", page.body);
    (browser, forms(&page.body).remove(0))
}

/// A browser at the page that asks for the code.
async fn at_verification(zone: &Zone) -> (Browser<'_>, Shown) {
    let (mut browser, form) = at_sign_up(zone).await;
    let sent = browser.submit(&form, ADA, PASSWORD).await;
    assert!(sent.location().starts_with("/login/verify-email?"), "{sent:?}");
    let page = browser.follow(&sent).await;
    assert!(page.body.contains(ADA), "{}", page.body);
    (browser, page)
}

async fn codes(zone: &Zone) -> Vec<(String, String)> {
    let listed = zone.json("/_control/verifications").await;
    let listed = listed["verifications"].as_array().unwrap().clone();
    listed.iter().map(|one| (text(&one["email"]), text(&one["code"]))).collect()
}

async fn code(zone: &Zone) -> String {
    let mut all = codes(zone).await;
    assert_eq!(all.len(), 1, "{all:?}");
    all.remove(0).1
}

fn wrong(code: &str) -> String {
    let other = if code.starts_with('B') { 'C' } else { 'B' };
    format!("{other}{}", &code[1..])
}

#[tokio::test]
async fn a_new_user_signs_up_verifies_consents_and_signs_in_from_then_on() {
    let zone = Zone::start().await;
    let (mut browser, page) = at_verification(&zone).await;
    let code = code(&zone).await;

    let sent = browser.send(&forms(&page.body)[0], &[("code", &code.to_lowercase().replace('-', " "))]).await;
    let sent = browser.approve(sent).await;

    assert!(query(sent.location()).contains_key("code"), "{sent:?}");
    assert!(codes(&zone).await.is_empty());
    let events = zone.events().await;
    let said: Vec<_> = events.iter().map(|event| text(&event["event"])).collect();
    assert_eq!(said, ["users:create", "users:authenticate", "delegated_grants:create", "users:authorize"]);
    assert!(events.iter().all(|event| event["outcome"] == "success" && event["actor"]["user"]["email"] == ADA));

    let client_id = zone.public_client().await;
    let mut later = Browser::new(&zone);
    let form = later.form(&AuthorizeRequest::new(&client_id)).await;
    let sent = later.submit(&form, "ADA@example.com", PASSWORD).await;
    let sent = later.approve(sent).await;
    assert!(query(sent.location()).contains_key("code"), "{sent:?}");
    zone.assert_feed_hides(&[PASSWORD, &code]).await;
}

#[tokio::test]
async fn whoever_has_not_proven_their_address_is_not_signed_in() {
    let zone = Zone::start().await;
    at_verification(&zone).await;
    let old = code(&zone).await;
    let client_id = zone.public_client().await;
    let mut browser = Browser::new(&zone);
    let form = browser.form(&AuthorizeRequest::new(&client_id)).await;

    let shown = browser.submit(&form, ADA, "another password").await;
    assert_eq!(shown.status, StatusCode::FORBIDDEN);
    assert!(shown.body.contains("The e-mail address or the password is wrong."), "{}", shown.body);
    zone.last_failure("users:authenticate", "INVALID_CREDENTIALS").await;

    let sent = browser.submit(&form, ADA, PASSWORD).await;
    assert!(sent.location().starts_with("/login/verify-email?"), "{sent:?}");
    assert!(!sent.headers.contains_key("set-cookie"), "{sent:?}");
    let event = zone.last_failure("users:authenticate", "EMAIL_UNVERIFIED").await;
    assert_eq!(event["session_id"], Value::Null);
    let page = browser.follow(&sent).await;
    let new = code(&zone).await;
    let shown = browser.send(&forms(&page.body)[0], &[("code", &old)]).await;
    assert_eq!(shown.status, StatusCode::FORBIDDEN, "a new code replaces the old one");
    let sent = browser.send(&forms(&page.body)[0], &[("code", &new)]).await;
    assert!(sent.location().starts_with("/login/consent?"), "{sent:?}");
}

#[tokio::test]
async fn a_code_is_tried_five_times_and_then_another_is_needed() {
    let zone = Zone::start().await;
    let (mut browser, page) = at_verification(&zone).await;
    let form = &forms(&page.body)[0];
    let first = code(&zone).await;

    for left in (0..5).rev() {
        let shown = browser.send(form, &[("code", &wrong(&first))]).await;
        assert_eq!((shown.status, &shown.location), (StatusCode::FORBIDDEN, &None));
        assert!(shown.body.contains("aria-describedby=\"problem code-hint\""), "{}", shown.body);
        if left > 0 {
            assert!(shown.body.contains(&format!("Tries that are left: {left}.")), "{}", shown.body);
            zone.last_failure("users:authenticate", "INVALID_CODE").await;
        }
    }
    assert!(codes(&zone).await.is_empty());
    let shown = browser.send(form, &[("code", &first)]).await;
    assert!(shown.body.contains("Ask for a new one"), "{}", shown.body);
    zone.last_failure("users:authenticate", "CODE_OVER").await;

    let sent = browser.send(&forms(&page.body)[1], &[]).await;
    assert_eq!(sent.status, StatusCode::SEE_OTHER, "{sent:?}");
    let page = browser.follow(&sent).await;
    let second = code(&zone).await;
    let sent = browser.send(&forms(&page.body)[0], &[("code", &second)]).await;
    assert!(sent.location().starts_with("/login/consent?"), "{sent:?}");
}

#[tokio::test]
async fn a_code_is_valid_for_a_quarter_of_an_hour() {
    let clock = StoppedClock::new();
    let zone = Zone::with_clock(&clock).await;
    let (mut browser, page) = at_verification(&zone).await;
    let first = code(&zone).await;

    clock.forward(14 * MINUTE);
    // Once more at the page, so that it is the code that is old and not the form.
    let form = browser.form(&AuthorizeRequest::new(&zone.public_client().await)).await;
    assert_eq!(code(&zone).await, first);
    clock.forward(MINUTE);
    assert!(codes(&zone).await.is_empty());
    let late = browser.send(&forms(&page.body)[0], &[("code", &first)]).await;
    assert_eq!((late.status, late.location), (StatusCode::BAD_REQUEST, None));
    let sent = browser.submit(&form, ADA, PASSWORD).await;
    let page = browser.follow(&sent).await;
    let shown = browser.send(&forms(&page.body)[0], &[("code", &first)]).await;
    assert_eq!(shown.status, StatusCode::FORBIDDEN);
    let second = code(&zone).await;
    let sent = browser.send(&forms(&page.body)[0], &[("code", &second)]).await;
    assert!(sent.location().starts_with("/login/consent?"), "{sent:?}");
}

#[tokio::test]
async fn the_last_who_signs_up_with_an_address_has_it_until_it_is_proven() {
    let zone = Zone::start().await;
    let (mut first, page) = at_verification(&zone).await;
    let (mut second, second_form) = at_sign_up(&zone).await;
    let sent = second.submit(&second_form, "Ada@Example.com", "another password").await;
    let second_page = second.follow(&sent).await;
    let code = code(&zone).await;

    let shown = first.send(&forms(&page.body)[0], &[("code", &code)]).await;
    assert_eq!((shown.status, shown.location), (StatusCode::FORBIDDEN, None));
    zone.last_failure("users:authenticate", "CODE_OVER").await;

    let sent = second.send(&forms(&second_page.body)[0], &[("code", &code)]).await;
    assert!(sent.location().starts_with("/login/consent?"), "{sent:?}");
}

#[tokio::test]
async fn where_invitations_are_required_only_the_invited_sign_up() {
    let zone = Zone::with(Config { requires_invitation: true, ..Config::default() }).await;
    let (mut browser, form) = at_sign_up(&zone).await;

    // Whether there is such an account is not said either.
    for address in [ADA, "alice@example.com"] {
        let shown = browser.submit(&form, address, PASSWORD).await;
        assert_eq!((shown.status, shown.location), (StatusCode::FORBIDDEN, None));
        assert!(shown.body.contains("needs an invitation"), "{}", shown.body);
        zone.last_failure("users:authenticate", "INVITATION_REQUIRED").await;
    }

    let invitation = json!({"email": "ADA@example.com"});
    assert_eq!(zone.post("/_control/invitations", invitation.clone()).await.0, StatusCode::CREATED);
    assert_eq!(zone.post("/_control/invitations", invitation).await.0, StatusCode::OK);
    assert_eq!(zone.post("/_control/invitations", json!({"email": "nobody"})).await.0, StatusCode::BAD_REQUEST);
    let sent = browser.submit(&form, ADA, PASSWORD).await;
    assert!(sent.location().starts_with("/login/verify-email?"), "{sent:?}");

    let form = browser.form(&AuthorizeRequest::new(&zone.public_client().await)).await;
    let sent = browser.submit(&form, "alice@example.com", "password").await;
    assert!(sent.location().starts_with("/login/consent?"), "who is a user already needs none: {sent:?}");
}

#[tokio::test]
async fn what_cannot_become_a_user_is_said_beside_the_field() {
    let zone = Zone::start().await;
    let (mut browser, form) = at_sign_up(&zone).await;
    let long = format!("{}@example.com", "x".repeat(300));

    for (email, password, status, reason, says) in [
        ("nobody", PASSWORD, StatusCode::BAD_REQUEST, "INVALID_ADDRESS", "Type an e-mail address"),
        ("", "", StatusCode::BAD_REQUEST, "INVALID_ADDRESS", "Type an e-mail address"),
        (&long, PASSWORD, StatusCode::BAD_REQUEST, "INVALID_ADDRESS", "Type an e-mail address"),
        ("a\u{202e}b@example.com", PASSWORD, StatusCode::BAD_REQUEST, "INVALID_ADDRESS", "Type an e-mail address"),
        (ADA, "7 chars", StatusCode::BAD_REQUEST, "SHORT_PASSWORD", "at least 8 characters"),
        ("Bob@example.com", PASSWORD, StatusCode::FORBIDDEN, "ADDRESS_TAKEN", "has an account already"),
        ("\"><script>@example.com\u{7f}", PASSWORD, StatusCode::BAD_REQUEST, "INVALID_ADDRESS", "&lt;script&gt;"),
    ] {
        let shown = browser.submit(&form, email, password).await;
        assert_eq!((shown.status, shown.location), (status, None), "{email}");
        assert!(shown.body.contains(says), "{says} in {}", shown.body);
        assert!(shown.body.contains("aria-invalid=\"true\""), "{}", shown.body);
        assert!(!shown.body.contains("<script"), "{}", shown.body);
        assert!(password.is_empty() || !shown.body.contains(password), "{}", shown.body);
        zone.last_failure("users:authenticate", reason).await;
    }
    assert!(codes(&zone).await.is_empty());
}

#[tokio::test]
async fn no_other_page_or_browser_signs_anybody_up_or_verifies() {
    let zone = Zone::start().await;
    let (mut browser, form) = at_sign_up(&zone).await;
    let typed = [("username", ADA), ("password", PASSWORD)];
    let cross_site = [("origin", "https://evil.example")];

    let sent = browser.send_with(&form, &typed, &cross_site).await;
    assert_eq!((sent.status, sent.location), (StatusCode::FORBIDDEN, None));
    zone.last_failure("users:authenticate", "FOREIGN_PAGE").await;
    let sent = Browser::new(&zone).send(&form, &typed).await;
    assert_eq!((sent.status, sent.location), (StatusCode::FORBIDDEN, None));
    zone.last_failure("users:authenticate", "OTHER_BROWSER").await;
    let bare = Form { hidden: vec![], ..form.clone() };
    assert_eq!(browser.send(&bare, &typed).await.status, StatusCode::FORBIDDEN);
    zone.last_failure("users:authenticate", "OTHER_FORM").await;
    assert!(codes(&zone).await.is_empty());

    let sent = browser.send(&form, &typed).await;
    let page = browser.follow(&sent).await;
    let again = browser.send(&form, &typed).await;
    assert_eq!((again.status, again.location), (StatusCode::BAD_REQUEST, None), "a form works once");
    let code = code(&zone).await;
    for form in forms(&page.body) {
        let typed = [("code", code.as_str())];
        let sent = browser.send_with(&form, &typed, &cross_site).await;
        assert_eq!((sent.status, sent.location), (StatusCode::FORBIDDEN, None));
        let sent = Browser::new(&zone).send(&form, &typed).await;
        assert_eq!((sent.status, sent.location), (StatusCode::FORBIDDEN, None));
        zone.last_failure("users:authenticate", "OTHER_BROWSER").await;
    }
    assert_eq!(self::code(&zone).await, code, "no other page sends a new one");
    let verify = &forms(&page.body)[0];
    let (mut first, mut second) = (browser.clone(), browser);
    let typed = [("code", code.as_str())];
    let (one, two) = tokio::join!(first.send(verify, &typed), second.send(verify, &typed));
    assert_eq!([one, two].iter().filter(|sent| sent.location.is_some()).count(), 1, "a code works once");
}

#[tokio::test]
async fn the_address_can_be_asked_for_first() {
    let zone = Zone::with(Config { login_flow: LoginFlow::IdentifierFirst, ..Config::default() }).await;
    let client_id = zone.public_client().await;
    let request = AuthorizeRequest::new(&client_id);

    for (address, password, ends) in [
        ("alice@example.com", "password", StatusCode::SEE_OTHER),
        ("nobody@example.com", "password", StatusCode::FORBIDDEN),
    ] {
        let mut browser = Browser::new(&zone);
        let page = browser.first_page(&request).await;
        let first = forms(&page.body).remove(0);
        assert_eq!(first.visible, ["identifier"]);
        let shown = browser.send(&first, &[("identifier", " ")]).await;
        assert_eq!(shown.status, StatusCode::BAD_REQUEST);
        zone.last_failure("users:authenticate", "INVALID_ADDRESS").await;
        let sent = browser.send(&first, &[("identifier", address)]).await;
        assert!(sent.location().starts_with("/login/signin?"), "who exists is not said: {sent:?}");
        let page = browser.follow(&sent).await;
        assert!(page.body.contains(&format!("value=\"{address}\"")), "{}", page.body);
        let again = browser.send(&first, &[("identifier", address)]).await;
        assert_eq!((again.status, again.location), (StatusCode::BAD_REQUEST, None), "a form works once");
        let sent = browser.submit(&crate::support::form(&page.body), address, password).await;
        assert_eq!(sent.status, ends, "{sent:?}");
    }
}
