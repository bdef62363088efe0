//! `/login/consent`: whether a client may act for the signed-in user, at which resource and with which scopes.

use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use maud::{Markup, html};

use super::flow::{self, Form, Visit};
use super::pages::{self, Form as PageForm};
use super::{Shared, logout};
use crate::zone::authorize::AuthorizationRequest;
use crate::zone::consent::Decision;
use crate::zone::directory::Standing;
use crate::zone::display;
use crate::zone::flow::{Flow, FlowError, Page, Step};

pub(super) const PATH: &str = "/login/consent";

/// Shows what is asked, to the browser that began the flow.
pub(super) async fn show(State(app): State<Shared>, RawQuery(query): RawQuery, headers: HeaderMap) -> Response {
    let visit = Visit::read(&app.zone, query.as_deref(), &headers);
    match app.zone.flow(Page::Consent, &visit.flow_id, &visit.browser) {
        Ok(flow) => page(&visit.flow_id, &flow, None),
        Err(error) => flow::ended(&error),
    }
}

/// Takes the decision to the client.
pub(super) async fn submit(State(app): State<Shared>, form: Form) -> Response {
    let zone = &app.zone;
    let fields = match form.fields(zone) {
        Ok(fields) => fields,
        Err(refusal) => return *refusal,
    };
    let Visit { flow_id, browser, session } = &form.visit;
    let decision = Decision::parse(fields.text("action"));
    match zone.decide(form.posted(&fields), session, decision, &form.source) {
        Ok(advance) => flow::advance(zone, StatusCode::SEE_OTHER, &advance),
        Err(error) if error.may_try_again() => match zone.flow(Page::Consent, flow_id, browser) {
            Ok(flow) => page(flow_id, &flow, Some(&error)),
            Err(_) => flow::ended(&error),
        },
        Err(error) => flow::ended(&error),
    }
}

fn page(flow_id: &str, flow: &Flow, error: Option<&FlowError>) -> Response {
    let request = &flow.request;
    let email = match &flow.step {
        Step::Consent { session } => session.user.email.as_str(),
        _ => "",
    };
    let action = flow::at(PATH, flow_id);
    let choice = |value: &str, button: Markup| PageForm {
        action: &action,
        token: &flow.form_token,
        content: html! {
            input type="hidden" name="action" value=(value);
            (button)
        },
    };
    let content = html! {
        (pages::problem(error))
        p { "You are signed in as " strong { bdi { (display::text(email, pages::LONGEST_NAME)) } } "." }
        (question(request))
        (choice("approve", html! { button type="submit" { "Allow" } }))
        (choice("deny", html! { button .second type="submit" { "Deny" } }))
        p { "Not you? " a href=(logout::PATH) { "Sign out" } " and start again from your application." }
    };
    let status = error.map_or(StatusCode::OK, flow::status);
    pages::page(status, "Allow access?", request.destination().as_deref(), &content)
}

/// What the user is asked to allow. A client chose its name itself, so what it cannot choose stands beside that.
fn question(request: &AuthorizationRequest) -> Markup {
    let client = &request.client;
    let destination = request.destination();
    let identifier = |text: &str| display::text(text, pages::LONGEST_IDENTIFIER);
    html! {
        dl {
            dt { "Application" }
            dd {
                strong { bdi { (display::text(&client.name, pages::LONGEST_NAME)) } }
                @if let Standing::UserAgent = client.standing {
                    br;
                    "It registered itself, under a name that nobody checked, as "
                    code { (identifier(&client.id)) }
                }
            }
            dt { "Sends you back to" }
            dd { code { (destination.as_deref().unwrap_or(&request.redirect_uri)) } }
            dt { "Wants to act for you at" }
            @for resource in std::iter::once(&request.resource).chain(&request.targets) {
                dd {
                    @if resource.name != resource.identifier {
                        bdi { (display::text(&resource.name, pages::LONGEST_NAME)) } br;
                    }
                    code { bdi { (identifier(&resource.identifier)) } }
                }
            }
            dt { "With these scopes" }
            dd {
                @if request.scopes.is_empty() {
                    "none"
                } @else {
                    ul {
                        @for scope in &request.scopes {
                            li { code { (identifier(scope)) } }
                        }
                    }
                }
            }
        }
    }
}
