//! `GET /_control`: what this zone is, so that a test suite recognizes one of ours.

use axum::Json;
use axum::extract::State;
use serde_json::{Value, json};

use crate::http::Shared;

pub(super) async fn show(State(app): State<Shared>) -> Json<Value> {
    let zone = &app.zone;
    zone.with_directory(|directory| {
        let users: Vec<Value> =
            directory.users().iter().map(|user| json!({"identifier": user.identifier, "email": user.email})).collect();
        Json(json!({
            "program": env!("CARGO_PKG_NAME"),
            "version": env!("CARGO_PKG_VERSION"),
            "zone_id": zone.id,
            "issuer": zone.issuer.as_str(),
            "users": users,
            "resources": directory.resource_identifiers(),
        }))
    })
}
