//! Sessions: when a browser is asked again, what a client may suggest, and signing out.

use std::time::Duration;

use mock_zone::{Config, LoginFlow};
use reqwest::StatusCode;
use serde_json::Value;

use crate::support::{AuthorizeRequest, Browser, Shown, StoppedClock, Zone, forms, query};

fn is_sign_in(sent: &Shown) -> bool {
    sent.location().starts_with("/login/signin?")
}

fn has_code(sent: &Shown) -> bool {
    sent.location().starts_with("http") && query(sent.location()).contains_key("code")
}

#[tokio::test]
async fn another_client_needs_consent_and_no_password() {
    let zone = Zone::start().await;
    let mut browser = Browser::new(&zone);
    browser.sign_in(&AuthorizeRequest::new(&zone.public_client().await)).await;
    let other = AuthorizeRequest::new(&zone.public_client().await);

    let sent = browser.authorize(&other).await;
    assert!(sent.location().starts_with("/login/consent?"), "{sent:?}");
    let sent = browser.approve(sent).await;

    assert!(has_code(&sent), "{sent:?}");
    let (application, _) = zone.application(&[]).await;
    assert!(has_code(&browser.authorize(&AuthorizeRequest::new(&application)).await));
}

#[tokio::test]
async fn a_client_can_have_its_user_sign_in_again() {
    let zone = Zone::start().await;
    let request = AuthorizeRequest::new(&zone.public_client().await);
    let mut browser = Browser::new(&zone);
    browser.sign_in(&request).await;

    for prompt in ["login", "select_account", "login select_account"] {
        let sent = browser.authorize(&request.clone().but("prompt", prompt)).await;
        assert!(is_sign_in(&sent), "{prompt}: {sent:?}");
    }
    let both = browser.form(&request.clone().but("prompt", "login consent")).await;
    let sent = browser.submit(&both, "alice@example.com", "password").await;
    assert!(sent.location().starts_with("/login/consent?"), "{sent:?}");
    let once = browser.form(&request.clone().but("prompt", "login")).await;
    let sent = browser.submit(&once, "alice@example.com", "password").await;
    assert!(has_code(&sent), "who signed in again is not asked once more: {sent:?}");
    assert!(has_code(&browser.authorize(&request).await));
}

#[tokio::test]
async fn a_session_older_than_the_client_bears_does_not_count() {
    let clock = StoppedClock::new();
    let zone = Zone::with_clock(&clock).await;
    let request = AuthorizeRequest::new(&zone.public_client().await);
    let mut browser = Browser::new(&zone);
    browser.sign_in(&request).await;
    let young = request.clone().but("max_age", "60");

    assert!(is_sign_in(&browser.authorize(&request.clone().but("max_age", "0")).await), "zero means now");
    clock.forward(Duration::from_secs(60));
    assert!(has_code(&browser.authorize(&young).await), "60 seconds are not more than 60");
    clock.forward(Duration::from_secs(1));
    assert!(is_sign_in(&browser.authorize(&young).await));
    let silent = browser.authorize(&young.clone().but("prompt", "none")).await;
    assert_eq!(query(silent.location())["error"], "login_required");
    assert!(has_code(&browser.authorize(&request).await), "who demands nothing gets the old session");

    let form = browser.form(&young).await;
    let sent = browser.submit(&form, "alice@example.com", "password").await;
    assert!(has_code(&sent), "{sent:?}");
    assert!(has_code(&browser.authorize(&young).await));
}

#[tokio::test]
async fn a_session_ends_by_itself() {
    let clock = StoppedClock::new();
    let lifetime = Duration::from_secs(300);
    let zone = Zone::with_clock_and(&clock, Config { session_lifetime: lifetime, ..Config::default() }).await;
    let request = AuthorizeRequest::new(&zone.public_client().await);
    let mut browser = Browser::new(&zone);
    browser.sign_in(&request).await;

    clock.forward(lifetime);

    assert!(is_sign_in(&browser.authorize(&request).await));
}

#[tokio::test]
async fn a_hint_fills_the_field_in_and_does_no_harm_there() {
    let zone = Zone::start().await;
    let request = AuthorizeRequest::new(&zone.public_client().await);
    for (hint, shown) in [
        ("bob@example.com", "value=\"bob@example.com\""),
        ("\"><script>alert(1)</script>", "value=\"&quot;&gt;&lt;script&gt;"),
        ("a\u{202e}b", "name=\"username\" id=\"username\" value=\"\""),
        (&"x".repeat(300), "name=\"username\" id=\"username\" value=\"\""),
    ] {
        let page = Browser::new(&zone).first_page(&request.clone().but("login_hint", hint)).await;
        assert!(page.body.contains(shown), "{shown} in {}", page.body);
        assert!(!page.body.contains("<script"), "{}", page.body);
    }

    let zone = Zone::with(Config { login_flow: LoginFlow::IdentifierFirst, ..Config::default() }).await;
    let request = AuthorizeRequest::new(&zone.public_client().await).but("login_hint", "bob@example.com");
    let page = Browser::new(&zone).first_page(&request).await;
    assert!(page.body.contains("value=\"bob@example.com\""), "{}", page.body);
}

#[tokio::test]
async fn signing_out_ends_the_session_and_says_so_in_the_trail() {
    let zone = Zone::start().await;
    let request = AuthorizeRequest::new(&zone.public_client().await);
    let mut browser = Browser::new(&zone);
    browser.sign_in(&request).await;
    let thief = browser.clone();

    let page = browser.show(zone.http.get(zone.at("/logout"))).await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(page.body.contains("alice@example.com"), "{}", page.body);
    assert!(has_code(&browser.authorize(&request).await), "looking at the page ends nothing");
    let done = browser.send(&forms(&page.body)[0], &[]).await;

    assert_eq!((done.status, &done.location), (StatusCode::OK, &None));
    let cookie = done.headers["set-cookie"].to_str().unwrap();
    assert!(cookie.contains("=; ") && cookie.ends_with("; Max-Age=0"), "{cookie}");
    let event = zone.last_event().await;
    assert_eq!((event["event"].as_str(), event["outcome"].as_str()), (Some("sessions:end"), Some("success")));
    assert_eq!(event["actor"]["user"]["email"], "alice@example.com");
    assert_eq!(event["session_id"], zone.events().await[0]["session_id"]);
    assert!(is_sign_in(&browser.authorize(&request).await));
    assert!(is_sign_in(&thief.clone().authorize(&request).await), "a copy of the cookie opens nothing");
    let again = browser.show(zone.http.get(zone.at("/logout"))).await;
    assert!(again.body.contains("Nobody is signed in"), "{}", again.body);
}

#[tokio::test]
async fn no_other_page_signs_anybody_out() {
    let zone = Zone::start().await;
    let request = AuthorizeRequest::new(&zone.public_client().await);
    let mut browser = Browser::new(&zone);
    browser.sign_in(&request).await;
    let page = browser.show(zone.http.get(zone.at("/logout"))).await;
    let form = forms(&page.body).remove(0);

    for foreign in [("origin", "https://evil.example"), ("origin", "null"), ("sec-fetch-site", "same-site")] {
        let sent = browser.send_with(&form, &[], &[foreign]).await;
        assert_eq!((sent.status, sent.location), (StatusCode::FORBIDDEN, None), "{foreign:?}");
    }
    let mut other = Browser::new(&zone);
    other.sign_in(&request).await;
    let sent = other.send(&form, &[]).await;
    assert_eq!(sent.status, StatusCode::FORBIDDEN, "the form of another session");
    let sent = browser.show(zone.http.post(zone.at("/logout"))).await;
    assert_eq!(sent.status, StatusCode::FORBIDDEN);
    for browser in [&mut browser, &mut other] {
        assert!(has_code(&browser.authorize(&request).await));
    }
}

#[tokio::test]
async fn signing_out_sends_nobody_anywhere() {
    let zone = Zone::start().await;
    let mut browser = Browser::new(&zone);
    browser.sign_in(&AuthorizeRequest::new(&zone.public_client().await)).await;

    let asked = "/logout?post_logout_redirect_uri=https://evil.example/&state=x";
    let page = browser.show(zone.http.get(zone.at(asked))).await;
    assert_eq!((page.status, &page.location), (StatusCode::OK, &None));
    assert!(page.body.contains("is not supported"), "{}", page.body);
    assert!(!page.body.contains("evil.example"), "{}", page.body);
    let form = &forms(&page.body)[0];
    let done = browser.send(form, &[("post_logout_redirect_uri", "https://evil.example/")]).await;

    assert_eq!((done.status, &done.location), (StatusCode::OK, &None));
    assert!(!done.body.contains("evil.example"), "{}", done.body);
    assert_ne!(zone.last_event().await["session_id"], Value::Null);
}
