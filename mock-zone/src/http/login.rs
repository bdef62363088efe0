//! `/login/signin`: the form that asks who the user is.

use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use maud::html;

use super::authorize::{sent, with_cookie};
use super::body::Body;
use super::cookies::Cookie;
use super::source::Sender;
use super::{Shared, guard, pages};
use crate::zone::parameters::Parameters;
use crate::zone::sign_in::{SignInAttempt, SignInError, SignInForm};

pub(super) const PATH: &str = "/login/signin";

/// Where the form of a flow is.
pub(super) fn url(flow_id: &str) -> String {
    format!("{PATH}?flow={flow_id}")
}

/// Shows the form, to the browser that began the flow.
pub(super) async fn show(State(app): State<Shared>, RawQuery(query): RawQuery, headers: HeaderMap) -> Response {
    let flow_id = flow_id(query.as_deref());
    let browser = Cookie::Browser.read(&app.zone, &headers).unwrap_or_default();
    match app.zone.sign_in_form(&flow_id, &browser) {
        Ok(form) => form_page(StatusCode::OK, &flow_id, &form, None),
        Err(error) => ended(error),
    }
}

/// Checks what was typed. Wrong credentials show the form again.
pub(super) async fn submit(
    State(app): State<Shared>,
    RawQuery(query): RawQuery,
    Sender(source): Sender,
    headers: HeaderMap,
    Body(body): Body,
) -> Response {
    let zone = &app.zone;
    let flow_id = flow_id(query.as_deref());
    if guard::is_foreign_page(&headers, &zone.issuer, true) {
        return ended(zone.refuse_sign_in(&flow_id, SignInError::ForeignPage, &source));
    }
    let body = match body {
        Ok(body) => body,
        Err(error) => return ended(zone.refuse_sign_in(&flow_id, error.into(), &source)),
    };
    let browser = Cookie::Browser.read(zone, &headers).unwrap_or_default();
    let typed = Parameters::parse(&body);
    let field = |name| typed.single(name).ok().flatten().unwrap_or("");
    let outcome = zone.sign_in(
        &SignInAttempt {
            flow_id: &flow_id,
            browser: &browser,
            form_token: field("form_token"),
            username: field("username"),
            password: field("password"),
        },
        &source,
    );
    match outcome {
        Ok(signed_in) => with_cookie(
            sent(StatusCode::SEE_OTHER, &signed_in.redirect),
            &Cookie::Session.write(zone, &signed_in.cookie),
        ),
        Err(error @ SignInError::WrongCredentials) => match zone.sign_in_form(&flow_id, &browser) {
            Ok(form) => form_page(StatusCode::FORBIDDEN, &flow_id, &form, Some(error)),
            Err(error) => ended(error),
        },
        Err(error) => ended(error),
    }
}

fn flow_id(query: Option<&str>) -> String {
    let parameters = Parameters::parse(query.unwrap_or("").as_bytes());
    let flow_id = parameters.single("flow").ok().flatten();
    flow_id.unwrap_or("").to_owned()
}

fn ended(error: SignInError) -> Response {
    let status = match error {
        SignInError::UnknownFlow | SignInError::Unreadable(_) => StatusCode::BAD_REQUEST,
        _ => StatusCode::FORBIDDEN,
    };
    pages::refusal(status, "Sign-in ended", &error.to_string())
}

fn form_page(status: StatusCode, flow_id: &str, form: &SignInForm, error: Option<SignInError>) -> Response {
    let request = &form.request;
    let destination = request.destination();
    let content = html! {
        @if let Some(error) = error {
            p .error { (error) }
        }
        p {
            strong { (request.client.name) } " asks for access to "
            code { (request.resource.name) } ". You will be sent back to "
            code { (destination.as_deref().unwrap_or(&request.redirect_uri)) } "."
        }
        form method="post" action=(url(flow_id)) {
            input type="hidden" name="form_token" value=(form.form_token.reveal());
            label {
                "E-mail address"
                input type="text" name="username" autocomplete="username" autofocus required;
            }
            label {
                "Password"
                input type="password" name="password" autocomplete="current-password" required;
            }
            button type="submit" { "Sign in" }
        }
    };
    pages::page(status, "Sign in", destination.as_deref(), &content)
}
