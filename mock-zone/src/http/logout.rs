//! `/logout`: ends the session of a browser. That the real zone has such a path is not known; it is our choice.
//!
//! It sends nobody on: `post_logout_redirect_uri` would have to be registered, and no client of this zone does that.

use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use maud::{Markup, html};

use super::Shared;
use super::cookies::Cookie;
use super::flow::{Form, Visit, with_cookie};
use super::pages::{self, Form as PageForm};
use crate::zone::display;
use crate::zone::parameters::Parameters;
use crate::zone::session::{Session, SignOutError};

pub(super) const PATH: &str = "/logout";

/// Asks whether to sign out: a link must not do it.
pub(super) async fn show(State(app): State<Shared>, RawQuery(query): RawQuery, headers: HeaderMap) -> Response {
    let visit = Visit::read(&app.zone, query.as_deref(), &headers);
    let asked = Parameters::parse(query.as_deref().unwrap_or("").as_bytes());
    let note = html! {
        @if asked.all("post_logout_redirect_uri").next().is_some() {
            p { code { "post_logout_redirect_uri" } " is not supported: after signing out, this zone sends nobody on." }
        }
    };
    match app.zone.session(&visit.session) {
        Some(session) => page(&session, &note),
        None => nobody(&note),
    }
}

/// Ends the session.
pub(super) async fn submit(State(app): State<Shared>, form: Form) -> Response {
    let zone = &app.zone;
    let fields = match form.fields(zone) {
        Ok(fields) => fields,
        Err(refusal) => return *refusal,
    };
    match zone.end_session(&form.visit.session, fields.text("form_token"), &form.source) {
        Ok(()) => {
            let done =
                html! { p { "You are signed out of this zone. Applications keep the access that they were given." } };
            with_cookie(pages::page(StatusCode::OK, "Signed out", None, &done), &Cookie::Session.forget(zone))
        }
        Err(SignOutError::NotSignedIn) => nobody(&html! {}),
        Err(error @ SignOutError::OtherForm) => {
            pages::refusal(StatusCode::FORBIDDEN, "Still signed in", &error.to_string())
        }
    }
}

fn nobody(note: &Markup) -> Response {
    let content = html! { p { (SignOutError::NotSignedIn) } (note) };
    pages::page(StatusCode::OK, "Signed out", None, &content)
}

fn page(session: &Session, note: &Markup) -> Response {
    let content = html! {
        p { "You are signed in as " strong { bdi { (display::text(&session.user.email, pages::LONGEST_NAME)) } } "." }
        (note)
        (PageForm {
            action: PATH,
            token: &session.form_token,
            content: html! { button type="submit" { "Sign out" } },
        })
    };
    pages::page(StatusCode::OK, "Sign out", None, &content)
}
