//! `/login/verify-email`: the form for the code that proves an address.

use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use maud::html;

use super::Shared;
use super::flow::{self, Form, Visit};
use super::pages::{self, Field, Form as PageForm};
use crate::zone::display;
use crate::zone::flow::{Flow, FlowError, Page, Step};
use crate::zone::sign_up::LONGEST_ADDRESS;

pub(super) const PATH: &str = "/login/verify-email";

/// Shows the form, to the browser that began the flow.
pub(super) async fn show(State(app): State<Shared>, RawQuery(query): RawQuery, headers: HeaderMap) -> Response {
    let visit = Visit::read(&app.zone, query.as_deref(), &headers);
    match app.zone.flow(Page::VerifyEmail, &visit.flow_id, &visit.browser) {
        Ok(flow) => page(&visit.flow_id, &flow, None),
        Err(error) => flow::ended(&error),
    }
}

/// Tries the code, or sends another.
pub(super) async fn submit(State(app): State<Shared>, form: Form) -> Response {
    let zone = &app.zone;
    let fields = match form.fields(zone) {
        Ok(fields) => fields,
        Err(refusal) => return *refusal,
    };
    let Visit { flow_id, browser, .. } = &form.visit;
    if fields.text("action") == "resend" {
        return match zone.resend_code(form.posted(&fields), &form.source) {
            // To the page by a redirect, so that reloading it sends no other.
            Ok(()) => flow::sent(StatusCode::SEE_OTHER, &flow::at(PATH, flow_id)),
            Err(error) => flow::ended(&error),
        };
    }
    match zone.verify_email(form.posted(&fields), fields.text("code"), &form.source) {
        Ok(advance) => flow::advance(zone, StatusCode::SEE_OTHER, &advance),
        Err(error) if error.may_try_again() => match zone.flow(Page::VerifyEmail, flow_id, browser) {
            Ok(flow) => page(flow_id, &flow, Some(&error)),
            Err(_) => flow::ended(&error),
        },
        Err(error) => flow::ended(&error),
    }
}

fn page(flow_id: &str, flow: &Flow, error: Option<&FlowError>) -> Response {
    let email = match &flow.step {
        Step::VerifyEmail { email, .. } => email.as_str(),
        _ => "",
    };
    let action = flow::at(PATH, flow_id);
    let content = html! {
        (pages::problem(error))
        p {
            "A code proves that " strong { bdi { (display::text(email, LONGEST_ADDRESS)) } } " is yours. "
            "A mock sends no mail: the code is in the zone's log, and at " code { "GET /_control/verifications" } "."
        }
        (PageForm {
            action: &action,
            token: &flow.form_token,
            content: html! {
                (Field {
                    autocomplete: "one-time-code",
                    hint: Some("Eight letters, valid for 15 minutes."),
                    is_wrong: error.is_some(),
                    has_focus: true,
                    ..Field::new("code", "Code")
                })
                button type="submit" { "Verify" }
            },
        })
        (PageForm {
            action: &action,
            token: &flow.form_token,
            content: html! {
                input type="hidden" name="action" value="resend";
                button .second type="submit" { "Send a new code" }
            },
        })
    };
    let leads_to = flow.request.destination();
    let status = error.map_or(StatusCode::OK, flow::status);
    pages::page(status, "Verify your e-mail address", leads_to.as_deref(), &content)
}
