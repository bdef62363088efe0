//! `/login/signin`: the form that asks who the user is.

use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use maud::{Markup, html};

use super::flow::{self, Form, Visit};
use super::pages::{self, Field, Form as PageForm};
use super::{Shared, sign_up};
use crate::zone::authorize::AuthorizationRequest;
use crate::zone::display;
use crate::zone::flow::{Flow, FlowError, Page, Step};

pub(super) const PATH: &str = "/login/signin";

/// Shows the form, to the browser that began the flow.
pub(super) async fn show(State(app): State<Shared>, RawQuery(query): RawQuery, headers: HeaderMap) -> Response {
    let visit = Visit::read(&app.zone, query.as_deref(), &headers);
    match app.zone.flow(Page::SignIn, &visit.flow_id, &visit.browser) {
        Ok(flow) => page(&visit.flow_id, &flow, None),
        Err(error) => flow::ended(&error),
    }
}

/// Checks what was typed. Wrong credentials show the form again.
pub(super) async fn submit(State(app): State<Shared>, form: Form) -> Response {
    let zone = &app.zone;
    let fields = match form.fields(zone) {
        Ok(fields) => fields,
        Err(refusal) => return *refusal,
    };
    match zone.sign_in(form.posted(&fields), fields.text("username"), fields.text("password"), &form.source) {
        Ok(advance) => flow::advance(zone, StatusCode::SEE_OTHER, &advance),
        Err(error) if error.may_try_again() => {
            match zone.flow(Page::SignIn, &form.visit.flow_id, &form.visit.browser) {
                Ok(flow) => page(&form.visit.flow_id, &flow, Some(&error)),
                Err(_) => flow::ended(&error),
            }
        }
        Err(error) => flow::ended(&error),
    }
}

/// Who asks for what, and where it leads.
pub(super) fn purpose(request: &AuthorizationRequest) -> Markup {
    let destination = request.destination();
    html! {
        p {
            strong { bdi { (display::text(&request.client.name, pages::LONGEST_NAME)) } } " asks for access to "
            code { bdi { (display::text(&request.resource.name, pages::LONGEST_IDENTIFIER)) } }
            ". You will be sent back to "
            code { (destination.as_deref().unwrap_or(&request.redirect_uri)) } "."
        }
    }
}

fn page(flow_id: &str, flow: &Flow, error: Option<&FlowError>) -> Response {
    let request = &flow.request;
    let username = match &flow.step {
        Step::SignIn { username } => username.as_deref(),
        _ => None,
    };
    let content = html! {
        (pages::problem(error))
        (purpose(request))
        (PageForm {
            action: &flow::at(PATH, flow_id),
            token: &flow.form_token,
            content: html! {
                (Field {
                    value: username.unwrap_or(""),
                    autocomplete: "username",
                    is_wrong: error.is_some(),
                    has_focus: username.is_none(),
                    ..Field::new("username", "E-mail address")
                })
                (Field {
                    kind: "password",
                    autocomplete: "current-password",
                    is_wrong: error.is_some(),
                    has_focus: username.is_some(),
                    ..Field::new("password", "Password")
                })
                button type="submit" { "Sign in" }
            },
        })
        p { "No account here yet? " a href=(flow::at(sign_up::PATH, flow_id)) { "Sign up" } }
    };
    let status = error.map_or(StatusCode::OK, flow::status);
    pages::page(status, "Sign in", request.destination().as_deref(), &content)
}
