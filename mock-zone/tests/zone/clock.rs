//! The zone's clock: everything that ends by itself goes by it.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use mock_zone::{Clock, Config, MintToken, MockZone, Ports};
use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::support::{AuthorizeRequest, Browser, StoppedClock, Zone, decoded, query, text};

async fn advance(zone: &Zone, ms: u64) -> Value {
    let (status, reading) = zone.post("/_control/clock/advance", json!({"ms": ms})).await;
    assert_eq!(status, StatusCode::OK, "{reading}");
    reading
}

async fn frozen() -> Zone {
    let zone = Zone::start().await;
    let (status, reading) = zone.put("/_control/clock", json!({"now": "2030-01-31T12:00:00Z", "frozen": true})).await;
    assert_eq!((status, &reading["now"]), (StatusCode::OK, &json!("2030-01-31T12:00:00Z")), "{reading}");
    zone
}

#[tokio::test]
async fn tokens_codes_and_sessions_end_when_the_clock_says_so() {
    let zone = frozen().await;
    let client_id = zone.public_client().await;
    let mut browser = Browser::new(&zone);
    let request = AuthorizeRequest::new(&client_id);
    let code = query(&browser.sign_in(&request).await)["code"].clone();
    let (_, late) = (zone.code(&client_id).await, advance(&zone, 59_999).await);
    assert_eq!(late["now"], "2030-01-31T12:00:59.999Z");
    let (status, tokens) = zone.redeem(&client_id, &code).await;
    assert_eq!(status, StatusCode::OK, "{tokens}");
    let claims = decoded(&text(&tokens["access_token"])).1;
    assert_eq!(claims["iat"], "2030-01-31T12:00:59Z".parse::<Timestamp>().unwrap().as_second());
    assert_eq!(zone.last_event().await["time"], "2030-01-31T12:00:59.999Z");

    // The second code is a minute old now.
    let second = zone.code(&client_id).await;
    advance(&zone, 60_000).await;
    let (status, refusal) = zone.redeem(&client_id, &second).await;
    assert_eq!((status, &refusal["error"]), (StatusCode::BAD_REQUEST, &json!("invalid_grant")));

    let sent = browser.authorize(&request).await;
    assert!(sent.location().contains("code="), "still signed in: {sent:?}");
    advance(&zone, 12 * 60 * 60 * 1000).await;
    let sent = browser.authorize(&request).await;
    assert!(sent.location().starts_with("/login/"), "{sent:?}");

    advance(&zone, 30 * 24 * 60 * 60 * 1000).await;
    let (status, refusal) = zone.refresh(&client_id, tokens["refresh_token"].as_str().unwrap()).await;
    assert_eq!((status, &refusal["error"]), (StatusCode::BAD_REQUEST, &json!("invalid_grant")));
}

#[tokio::test]
async fn a_fault_for_a_while_ends_when_the_clock_says_so() {
    let zone = frozen().await;
    zone.put("/_control/faults/jwks", json!({"status": 500, "for_ms": 1000})).await;

    advance(&zone, 999).await;
    assert_eq!(zone.get("/openidconnect/jwks").await.status(), StatusCode::INTERNAL_SERVER_ERROR);
    advance(&zone, 1).await;
    assert_eq!(zone.get("/openidconnect/jwks").await.status(), StatusCode::OK);
}

#[tokio::test]
async fn the_clock_goes_back_only_where_it_is_told_to_and_says_so() {
    let zone = frozen().await;

    let (status, reading) = zone.put("/_control/clock", json!({"now": "2030-01-31T13:00:00+02:00"})).await;

    assert_eq!(status, StatusCode::OK);
    assert_eq!(reading["now"], "2030-01-31T11:00:00Z");
    assert_eq!((&reading["moved_ms"], &reading["frozen"]), (&json!(-3_600_000), &json!(true)));
    assert_eq!(zone.json("/_control/clock").await["moved_ms"], 0);
}

#[tokio::test]
async fn it_stands_still_until_it_is_let_go_and_a_reset_lets_it_go() {
    let machine = StoppedClock::new();
    let zone = Zone::with_clock(&machine).await;
    let now = async |zone: &Zone| text(&zone.json("/_control/clock").await["now"]);
    let start = machine.now();
    zone.put("/_control/clock", json!({"frozen": true})).await;
    machine.forward(Duration::from_secs(5));
    assert_eq!(now(&zone).await, start.to_string());

    zone.put("/_control/clock", json!({"frozen": false})).await;
    machine.forward(Duration::from_secs(1));
    assert_eq!(now(&zone).await, (start + Duration::from_secs(1)).to_string());

    for undo in ["delete", "reset"] {
        advance(&zone, 1_000_000).await;
        if undo == "delete" {
            assert_eq!(zone.delete("/_control/clock").await, StatusCode::OK);
        } else {
            zone.post("/_control/reset", json!({})).await;
        }
        let reading = zone.json("/_control/clock").await;
        assert_eq!((text(&reading["now"]), &reading["ahead_ms"]), (machine.now().to_string(), &json!(0)), "{undo}");
    }
}

#[tokio::test]
async fn what_is_no_time_is_explained() {
    let zone = Zone::start().await;
    for (body, says) in [
        (json!({}), "`now` (RFC 3339)"),
        (json!({"now": "tomorrow"}), "RFC 3339"),
        (json!({"now": 1_800_000_000}), "a string"),
        (json!({"now": "2030-01-31T12:00:00"}), "with its offset"),
        (json!({"now": "1969-12-31T23:59:59Z"}), "1970-01-01"),
        (json!({"now": "9999-01-01T00:00:00Z"}), "9998-12-31"),
        (json!({"froze": true}), "did you mean `frozen`"),
    ] {
        let (status, refusal) = zone.put("/_control/clock", body).await;
        assert_eq!(status, StatusCode::BAD_REQUEST, "{refusal}");
        assert!(refusal["message"].as_str().unwrap().contains(says), "{says:?} in {refusal}");
    }
    for (body, says) in [(json!({}), "`ms` is required"), (json!({"ms": u64::MAX}), "9998-12-31")] {
        let (status, refusal) = zone.post("/_control/clock/advance", body).await;
        assert_eq!(status, StatusCode::BAD_REQUEST, "{refusal}");
        assert!(refusal["message"].as_str().unwrap().contains(says), "{says:?} in {refusal}");
    }
}

#[tokio::test]
async fn the_same_in_rust() {
    let machine = StoppedClock::new();
    let clock: Arc<dyn Clock> = Arc::<StoppedClock>::clone(&machine);
    let zone = MockZone::start_with(Config::default(), Ports { clock, ..Ports::system() }).await.unwrap();
    let start = machine.now();

    zone.freeze_clock().unwrap();
    machine.forward(Duration::from_secs(10));
    let reading = zone.advance_clock(Duration::from_secs(60)).unwrap();
    assert_eq!((reading.now, reading.frozen, reading.moved_ms), (start + Duration::from_secs(60), true, 60_000));
    let claims = decoded(&zone.mint(MintToken::as_issued()).await.unwrap()).1;
    assert_eq!(claims["iat"], reading.now.as_second());
    assert_eq!(zone.set_clock(start).unwrap().moved_ms, -60_000);
    assert_eq!(zone.set_clock(Timestamp::MAX).unwrap_err().code(), "invalid_request");
    assert_eq!(zone.restore_clock().now, machine.now());
    assert!(!zone.clock().frozen);
}
