//! `/login/signup`: the form that makes a new user, once their address is verified.

use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use maud::html;

use super::flow::{self, Form, Visit};
use super::pages::{self, Field, Form as PageForm};
use super::{Shared, login};
use crate::zone::display;
use crate::zone::flow::{Flow, FlowError, Page, Step};
use crate::zone::sign_up::{LONGEST_ADDRESS, SHORTEST_PASSWORD};

pub(super) const PATH: &str = "/login/signup";

/// Shows the form, to the browser that began the flow.
pub(super) async fn show(State(app): State<Shared>, RawQuery(query): RawQuery, headers: HeaderMap) -> Response {
    let visit = Visit::read(&app.zone, query.as_deref(), &headers);
    match app.zone.flow(Page::SignIn, &visit.flow_id, &visit.browser) {
        Ok(flow) => page(&app, &visit.flow_id, &flow, "", None),
        Err(error) => flow::ended(&error),
    }
}

/// Takes an address and a password, and goes on to verify the address.
pub(super) async fn submit(State(app): State<Shared>, form: Form) -> Response {
    let zone = &app.zone;
    let fields = match form.fields(zone) {
        Ok(fields) => fields,
        Err(refusal) => return *refusal,
    };
    let email = fields.text("username");
    match zone.sign_up(form.posted(&fields), email, fields.text("password"), &form.source) {
        Ok(advance) => flow::advance(zone, StatusCode::SEE_OTHER, &advance),
        Err(error) if error.may_try_again() => {
            match zone.flow(Page::SignIn, &form.visit.flow_id, &form.visit.browser) {
                Ok(flow) => page(&app, &form.visit.flow_id, &flow, email, Some(&error)),
                Err(_) => flow::ended(&error),
            }
        }
        Err(error) => flow::ended(&error),
    }
}

fn page(app: &Shared, flow_id: &str, flow: &Flow, typed: &str, error: Option<&FlowError>) -> Response {
    let suggested = match &flow.step {
        Step::SignIn { username: Some(username) } if typed.is_empty() => username,
        _ => typed,
    };
    let wrong_password = matches!(error, Some(FlowError::ShortPassword));
    let password_rule = format!("At least {SHORTEST_PASSWORD} characters.");
    let content = html! {
        (pages::problem(error))
        (login::purpose(&flow.request))
        @if app.zone.config().requires_invitation {
            p { "This zone takes only who is invited." }
        }
        (PageForm {
            action: &flow::at(PATH, flow_id),
            token: &flow.form_token,
            content: html! {
                (Field {
                    value: &display::text(suggested, LONGEST_ADDRESS),
                    autocomplete: "username",
                    is_wrong: error.is_some() && !wrong_password,
                    has_focus: !wrong_password,
                    ..Field::new("username", "E-mail address")
                })
                (Field {
                    kind: "password",
                    autocomplete: "new-password",
                    hint: Some(&password_rule),
                    is_wrong: wrong_password,
                    has_focus: wrong_password,
                    ..Field::new("password", "New password")
                })
                button type="submit" { "Sign up" }
            },
        })
        p { "You have an account? " a href=(flow::at(login::PATH, flow_id)) { "Sign in" } }
    };
    pages::page(error.map_or(StatusCode::OK, flow::status), "Sign up", None, &content)
}
