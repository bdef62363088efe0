//! The sign-in form: what is posted to it that signs nobody in, and what the trail says then.

use std::time::Duration;

use reqwest::StatusCode;
use serde_json::Value;

use crate::support::{AuthorizeRequest, Browser, Form, StoppedClock, Zone, query};

const WRONG: &str = "wrong-password";

/// The newest event, which must be this failure of a sign-in for `client_id`, or for nobody knows whom.
async fn failure(zone: &Zone, reason: &str, client_id: Option<&str>) -> Value {
    let event = zone.last_failure("users:authenticate", reason).await;
    assert_eq!(event["actor"]["client"]["client_id"].as_str(), client_id, "{event}");
    assert_eq!(event["session_id"], Value::Null);
    event
}

#[tokio::test]
async fn a_wrong_password_shows_the_form_again_and_a_right_one_still_works() {
    let zone = Zone::start().await;
    let client_id = zone.public_client().await;
    let mut browser = Browser::new(&zone);
    let form = browser.form(&AuthorizeRequest::new(&client_id)).await;

    let shown = browser.submit(&form, "alice@example.com", WRONG).await;
    assert_eq!(shown.status, StatusCode::FORBIDDEN);
    assert!(shown.body.contains("the password is wrong"), "{}", shown.body);
    assert!(!shown.body.contains(WRONG), "{}", shown.body);
    let event = failure(&zone, "INVALID_CREDENTIALS", Some(&client_id)).await;
    assert_eq!(event["actor"]["user"]["email"], "alice@example.com");

    for (username, password) in [("mallory@example.com", "password"), ("", ""), ("mallory@example.com", "")] {
        let shown = browser.submit(&form, username, password).await;
        assert_eq!(shown.status, StatusCode::FORBIDDEN);
        let event = failure(&zone, "INVALID_CREDENTIALS", Some(&client_id)).await;
        assert_eq!(event["actor"]["user"], Value::Null);
    }

    let sent = browser.submit(&form, "alice@example.com", "password").await;
    let sent = browser.approve(sent).await;
    assert!(query(sent.location()).contains_key("code"));
    let hidden: Vec<&str> = form.hidden.iter().map(|(_, value)| value.as_str()).collect();
    zone.assert_feed_hides(&[&[WRONG, "\"password\"", &query(sent.location())["code"]], &*hidden].concat()).await;
}

#[tokio::test]
async fn a_form_works_once() {
    let zone = Zone::start().await;
    let client_id = zone.public_client().await;
    let mut browser = Browser::new(&zone);
    let form = browser.form(&AuthorizeRequest::new(&client_id)).await;
    browser.submit(&form, "alice@example.com", "password").await;

    let again = browser.submit(&form, "alice@example.com", "password").await;

    assert_eq!((again.status, again.location), (StatusCode::BAD_REQUEST, None));
    failure(&zone, "UNKNOWN_FLOW", None).await;
}

#[tokio::test]
async fn a_form_is_open_for_a_quarter_of_an_hour() {
    let clock = StoppedClock::new();
    let zone = Zone::with_clock(&clock).await;
    let client_id = zone.public_client().await;
    let mut browser = Browser::new(&zone);
    let form = browser.form(&AuthorizeRequest::new(&client_id)).await;

    clock.forward(Duration::from_secs(15 * 60));
    let late = browser.submit(&form, "alice@example.com", "password").await;

    assert_eq!((late.status, late.location), (StatusCode::BAD_REQUEST, None));
    failure(&zone, "UNKNOWN_FLOW", Some(&client_id)).await;
}

#[tokio::test]
async fn a_sign_in_belongs_to_the_browser_that_began_it() {
    let zone = Zone::start().await;
    let client_id = zone.public_client().await;
    let form = Browser::new(&zone).form(&AuthorizeRequest::new(&client_id)).await;

    let mut other = Browser::new(&zone);
    let shown = other.page(&form.action).await;
    assert_eq!(shown.status, StatusCode::FORBIDDEN);
    let sent = other.submit(&form, "alice@example.com", "password").await;

    assert_eq!((sent.status, sent.location), (StatusCode::FORBIDDEN, None));
    let event = failure(&zone, "OTHER_BROWSER", Some(&client_id)).await;
    assert_eq!(event["actor"]["user"], Value::Null, "nobody proved to be anybody");
}

#[tokio::test]
async fn a_browser_that_sends_an_empty_cookie_is_told_apart_all_the_same() {
    let zone = Zone::start().await;
    let client_id = zone.public_client().await;
    let request = AuthorizeRequest::new(&client_id);
    let set = Browser::new(&zone).authorize(&request).await.headers["set-cookie"].to_str().unwrap().to_owned();
    let empty = format!("{}=", set.split('=').next().unwrap());

    let mut attacker = Browser::new(&zone);
    let begun = zone.http.get(zone.at("/oauth/2/authorize")).query(&request.0).header("cookie", &empty);
    let flow = attacker.show(begun).await.location().to_owned();

    for cookie in [None, Some(empty.as_str())] {
        let shown = zone.http.get(zone.at(&flow));
        let shown = cookie.iter().fold(shown, |shown, cookie| shown.header("cookie", *cookie)).send().await.unwrap();
        assert_eq!(shown.status(), StatusCode::FORBIDDEN, "{cookie:?}");
    }
}

#[tokio::test]
async fn only_the_form_that_was_shown_is_taken() {
    let zone = Zone::start().await;
    let client_id = zone.public_client().await;
    let mut browser = Browser::new(&zone);
    let form = browser.form(&AuthorizeRequest::new(&client_id)).await;

    for hidden in [vec![], vec![("form_token".to_owned(), "guessed".to_owned())]] {
        let made_up = Form { hidden, ..form.clone() };
        let sent = browser.submit(&made_up, "alice@example.com", "password").await;
        assert_eq!((sent.status, sent.location), (StatusCode::FORBIDDEN, None));
        failure(&zone, "OTHER_FORM", Some(&client_id)).await;
    }
    zone.assert_feed_hides(&["guessed"]).await;
}

#[tokio::test]
async fn a_form_that_another_page_posts_signs_nobody_in() {
    let zone = Zone::start().await;
    let client_id = zone.public_client().await;
    let mut browser = Browser::new(&zone);
    let form = browser.form(&AuthorizeRequest::new(&client_id)).await;
    let own = [("origin", zone.url()), ("sec-fetch-site", "same-origin")];

    for foreign in [
        ("origin", "https://evil.example"),
        ("origin", "null"),
        ("origin", "http://localhost:1"),
        ("sec-fetch-site", "cross-site"),
        ("sec-fetch-site", "same-site"),
    ] {
        let sent = browser.submit_with(&form, "alice@example.com", "password", &[foreign]).await;
        assert_eq!((sent.status, sent.location), (StatusCode::FORBIDDEN, None), "{foreign:?}");
        failure(&zone, "FOREIGN_PAGE", Some(&client_id)).await;
    }
    let sent = browser.submit_with(&form, "alice@example.com", "password", &own).await;
    let sent = browser.approve(sent).await;
    assert!(query(sent.location()).contains_key("code"), "{sent:?}");
}

#[tokio::test]
async fn a_form_too_large_to_read_leaves_an_event() {
    let zone = Zone::start().await;
    let client_id = zone.public_client().await;
    let mut browser = Browser::new(&zone);
    let form = browser.form(&AuthorizeRequest::new(&client_id)).await;

    let sent = browser.submit(&form, "alice@example.com", &WRONG.repeat(5_000)).await;

    assert_eq!((sent.status, sent.location), (StatusCode::BAD_REQUEST, None));
    failure(&zone, "UNREADABLE_FORM", Some(&client_id)).await;
    zone.assert_feed_hides(&[WRONG]).await;
}

#[tokio::test]
async fn the_page_may_send_its_form_on_to_the_client_and_may_not_be_framed() {
    let zone = Zone::start().await;
    let client_id = zone.public_client().await;
    for (uri, allowed) in [
        ("http://localhost:33418/callback", "form-action 'self' http://localhost:33418"),
        ("http://[::1]:9/cb", "form-action 'self' http:"),
    ] {
        let (_, registration) = zone
            .post(
                "/oauth/2/registration",
                serde_json::json!({"redirect_uris": [uri], "token_endpoint_auth_method": "none"}),
            )
            .await;
        assert_ne!(registration["client_id"], client_id);
        let request = AuthorizeRequest::new(registration["client_id"].as_str().unwrap()).but("redirect_uri", uri);
        let mut browser = Browser::new(&zone);
        let sent = browser.authorize(&request).await;
        let page = browser.page(sent.location()).await;

        let policy = page.headers["content-security-policy"].to_str().unwrap();
        assert!(policy.ends_with(allowed), "{policy}");
        assert!(policy.contains("frame-ancestors 'none'"), "{policy}");
        assert_eq!(page.headers["x-frame-options"], "DENY");
    }
}
