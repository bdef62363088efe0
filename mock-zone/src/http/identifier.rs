//! `/login/identifier`: the page that asks for the e-mail address alone, where the zone is told to ask for it first.

use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use maud::html;

use super::Shared;
use super::flow::{self, Form, Visit};
use super::login::purpose;
use super::pages::{self, Field, Form as PageForm};
use crate::zone::flow::{Flow, FlowError, Page, Step};

pub(super) const PATH: &str = "/login/identifier";

/// Shows the form, to the browser that began the flow.
pub(super) async fn show(State(app): State<Shared>, RawQuery(query): RawQuery, headers: HeaderMap) -> Response {
    let visit = Visit::read(&app.zone, query.as_deref(), &headers);
    match app.zone.flow(Page::Identifier, &visit.flow_id, &visit.browser) {
        Ok(flow) => page(&visit.flow_id, &flow, None),
        Err(error) => flow::ended(&error),
    }
}

/// Goes on to the password, whether there is such a user or not.
pub(super) async fn submit(State(app): State<Shared>, form: Form) -> Response {
    let zone = &app.zone;
    let fields = match form.fields(zone) {
        Ok(fields) => fields,
        Err(refusal) => return *refusal,
    };
    match zone.identify(form.posted(&fields), fields.text("identifier"), &form.source) {
        Ok(advance) => flow::advance(zone, StatusCode::SEE_OTHER, &advance),
        Err(error) if error.may_try_again() => {
            match zone.flow(Page::Identifier, &form.visit.flow_id, &form.visit.browser) {
                Ok(flow) => page(&form.visit.flow_id, &flow, Some(&error)),
                Err(_) => flow::ended(&error),
            }
        }
        Err(error) => flow::ended(&error),
    }
}

fn page(flow_id: &str, flow: &Flow, error: Option<&FlowError>) -> Response {
    let suggested = match &flow.step {
        Step::Identifier { suggested } => suggested.as_deref(),
        _ => None,
    };
    let content = html! {
        (pages::problem(error))
        (purpose(&flow.request))
        (PageForm {
            action: &flow::at(PATH, flow_id),
            token: &flow.form_token,
            content: html! {
                (Field {
                    value: suggested.unwrap_or(""),
                    autocomplete: "username",
                    is_wrong: error.is_some(),
                    has_focus: true,
                    ..Field::new("identifier", "E-mail address")
                })
                button type="submit" { "Continue" }
            },
        })
    };
    pages::page(error.map_or(StatusCode::OK, flow::status), "Sign in", None, &content)
}
